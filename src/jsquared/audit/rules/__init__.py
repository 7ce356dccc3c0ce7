"""The rules, in one file for each subject; ``rule_catalogue.py`` beside this folder knows all of them."""
