"""Importing this loads Great Expectations: for a process that others are made from, which then share its memory."""

from hub.garbage import collect_seldom
from hub.quality.engine import warm_up

collect_seldom()
warm_up()
