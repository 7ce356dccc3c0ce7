"""The rules, in one file for each subject; ``catalogue.py`` beside this folder knows all of them."""
