"""A campaign as a YAML file: `reading` and `writing` mirror each other, with blocks in files of their own.

`fields` and `nodes` know YAML and nothing of campaigns; `named_files` adds the files that a campaign names to the
library.
"""

from engine.campaign_file.named_files import Added, NamedFiles
from engine.campaign_file.reading import load, read
from engine.campaign_file.writing import diff, write

__all__ = ["Added", "NamedFiles", "diff", "load", "read", "write"]
