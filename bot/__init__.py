"""The manager bot, in which admins compose, try and publish.

`screens/` is what they see, one module a screen; `framework/` is what every screen stands in; `composing/` turns what
they write into a draft; `phrases/` says things that several screens say. A new screen is a file in `screens/`, and its
sentences in the catalogue.
"""
