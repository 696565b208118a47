# Checks ONNX models with onnx.checker, one after another: each line of the standard input is a path, each line of the standard output
# "ok" or what is wrong. Shapes are inferred and compared with what the model says of its outputs.
import sys

import onnx

for line in sys.stdin:
    try:
        onnx.checker.check_model(line.rstrip("\n"), full_check=True)
        answer = "ok"
    except Exception as error:
        answer = " ".join(str(error).split()) or repr(error)
    print(answer, flush=True)
