"""Programs that train policies which a study can play. They need PyTorch: ``pip install torch onnx``.

Each is one file that can be read in a few minutes, and is there to be copied and changed: ``ppo`` learns by playing, ``clone``
from what people did. Both write an ONNX model with the input ``obs`` and the output ``logits``.
"""
