#!/usr/bin/env python
"""Django's command line for Maru."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.chat_project.settings")
    from backend.lib import garbage

    garbage.look_seldom()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
