"""From a deployment to the files that its servers run with here."""
