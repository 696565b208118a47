#!/usr/bin/env python3
"""Makes all golden cases anew: `python3 make.py`, with PyTorch 1.13 (Debian's python3-torch)."""
import layers
import training

layers.make()
training.make()
