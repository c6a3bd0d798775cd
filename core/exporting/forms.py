"""The forms in which a saved model leaves the program, each as one record: to add one is to write one.

Imports nothing that takes time: the command line lists the forms in its help.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core import words
from core.errors import SettingsError
from core.exporting import libraries


@dataclass(frozen=True)
class Form:
    """A kind of file, and what makes it: either `command` or `writer`."""

    key: str  # its name on the command line: never rename
    label: str
    sentence: str  # what it is for
    suffix: str  # of the file
    command: str = ""  # module in models/ with `write(model, path)`, run in a process of its own, which may need Keras
    writer: str = ""  # module in core/ with `write(onnx_path, model, path)`, which makes it from the model's ONNX file
    libraries: tuple[str, ...] = ()  # optional modules that it needs
    usage: str = ""  # a line of Python that runs `file`; empty if the file explains itself
    gives_logits: bool = True  # else probabilities and similarity
    has_names: bool = False  # it can show other names for the labels; its writer takes them, and says what it does

    def file_name(self, model: str) -> str:
        """The usual name of the file of the model with that name."""
        return f"{model}{self.suffix}"

    def check(self, names: Mapping[str, str] | None = None) -> None:
        """Raise AppError if a library that it needs is not installed, or if it can't show other names for labels."""
        libraries.check(self.label, self.libraries)
        if names and not self.has_names:
            raise SettingsError(f"{self.label} keeps the model's own labels: leave the names out.")


KERAS = Form(
    key="keras",
    label="Keras",
    sentence="One file for Python with Keras, also to train it further.",
    suffix=".keras",
    command="models.keras_file",
    usage="answers = keras.models.load_model(file).predict(photos)",
)
TFLITE = Form(
    key="tflite",
    label="LiteRT",
    sentence="One file for Android, iOS and small computers.",
    suffix=".tflite",
    command="models.litert_file",
    usage="interpreter = ai_edge_litert.interpreter.Interpreter(model_path=file)",
)
SAVED_MODEL = Form(
    key="saved_model",
    label="SavedModel",
    sentence="A zipped folder for TensorFlow Serving and other programs with TensorFlow.",
    suffix=".saved_model.zip",
    command="models.saved_model",
    usage='model = tensorflow.saved_model.load("model/1"); answers = model.serve(photos)',  # after unzipping
)
ONNX = Form(
    key="onnx",
    label="ONNX",
    sentence="One file for almost any language and system. It also says how similar a photo is to the training photos.",
    suffix=".onnx",
    writer="core.exporting.onnx_file",
    libraries=libraries.ONNX,
    usage='answers = onnxruntime.InferenceSession(file).run(None, {"photos": photos})',
    gives_logits=False,
)
SERVICE = Form(
    key="service",
    label="Web service",
    sentence="A zipped folder with a small web server and an AWS Lambda function, for Docker or any Python.",
    suffix=".service.zip",
    writer="core.exporting.service",
    libraries=libraries.ONNX,
    gives_logits=False,
)
WEB = Form(
    key="web",
    label="Web page",
    sentence="One page for the browser of a phone or computer. It answers offline; photos stay on the device.",
    suffix=".html",
    writer="core.exporting.web",
    libraries=libraries.ONNX,
    gives_logits=False,
    has_names=True,
)


def registry(*forms: Form) -> dict[str, Form]:
    """The forms by key. Raises ValueError for a key or a suffix that two of them have."""
    by_key = {form.key: form for form in forms}
    if len(by_key) < len(forms) or len({form.suffix for form in forms}) < len(forms):
        raise ValueError("Each form must have a key and a suffix of its own.")
    return by_key


FORMS = registry(WEB, ONNX, TFLITE, KERAS, SAVED_MODEL, SERVICE)


def form(key: str) -> Form:
    """The form with that key. Raises SettingsError."""
    if key not in FORMS:
        raise SettingsError(f"The format must be one of {', '.join(FORMS)}, got {words.quoted(key)}.")
    return FORMS[key]
