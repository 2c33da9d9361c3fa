"""The chaos run: reports to all forces while far ends fail and workers are killed at random, judged by what the far ends hold."""
