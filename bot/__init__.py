"""The manager bot, in which admins write, test and publish campaigns.

`screens/` holds what they see, one module per screen; `framework/` is what all screens share; `composing/` turns what
admins send into a draft; `phrases/` holds the wording that several screens share. To add a screen, add a file in
`screens/` and its sentences to the catalogue.
"""
