"""The results of Machine Learning Zoomcamp's notebook on deep learning, to compare your own runs with.

They are the best validation accuracies on clothing-dataset-small, with a frozen Xception that was pretrained on
ImageNet, at 150 px. Visible texts only use NAME for the course.
"""

NAME = "Machine Learning Zoomcamp"
NOTEBOOK = (
    "https://github.com/alexeygrigorev/mlbookcamp-code/blob/master/course-zoomcamp/08-deep-learning/notebook.ipynb"
)
NETWORK = "Xception"
IMAGE_SIZE = 150  # px
COLUMN = f"{NAME} ({NETWORK})"  # the table column with its figures
SOURCE = (
    f"{NAME}'s figures are the best validation accuracies in its [notebook]({NOTEBOOK}): {NETWORK}, {IMAGE_SIZE} px."
)

LEARNING_RATES = {0.0001: 0.789, 0.001: 0.830, 0.01: 0.821, 0.1: 0.789}  # 10 epochs, no dense layer
DENSE_LAYERS = {10: 0.815, 100: 0.815, 1000: 0.812}  # by size; 10 epochs
DROPOUTS = {0.0: 0.842, 0.2: 0.845, 0.5: 0.853, 0.8: 0.833}  # 30 epochs, a dense layer of 100
AUGMENTED = 0.853  # 50 epochs, dropout .2, the recipe in core/augment/presets.py; .798 on the test photos
