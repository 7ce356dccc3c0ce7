"""What tests share and no user needs: builders of records, sample runs, planted and hostile deployments."""
