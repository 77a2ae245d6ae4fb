"""The room of the manager bot, in which admins compose, try and publish.

`screens/` is what they see, one module a screen; `frame/` is what every screen stands in; `words/` says things that
several screens say. A new screen is a file in `screens/` and its sentences in `languages/`.
"""
