"""Shows text from outside as it is, wherever Streamlit expects Markdown.

Streamlit expects it in every text, caption, message, toast, badge, metric and help, in the labels of all widgets, and
in the options of radio buttons, pills, segmented controls and select sliders. It takes plain text, which must not be
escaped, for the options of a selectbox, the value and placeholder of a field, the cells and headers of a table, code,
JSON, the names in an uploader, and alternative texts.
"""

import re

JOINER = "\u2060"  # the word joiner: invisible, without width, and no line may break at it

_BREAKS = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")  # a browser shows each as one space; Markdown starts blocks
# Streamlit turns these into links, icons, emoji and arrows only after it has removed the backslashes.
_LATE = re.compile(
    r"www(?=\.)"  # www.example.org
    r"|:(?=[\w+/-])"  # http://example.org, :material/home:, :smile:, :+1:
    r"|@(?=[\w-])"  # me@example.org
    r"|(?<!\S)(?:<?-(?=>)|-(?=-)|<(?=-)|[<>~](?==))(?=\S(?!\S))",  # ->, <-, <->, --, >=, <=, ~=
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$:&]")  # in Markdown and in Streamlit's additions to it
_LIST = re.compile(r"^\d{1,9}(?=[.)](?: |$))|^(?=[-+])")  # what would start a list or a line: the sign follows
_ENTITIES = {"[": "&#91;", "]": "&#93;"}  # st.badge puts a backslash of its own before brackets


def plain(text: str) -> str:
    """Text from outside (a name, label, note, link or message), escaped so that Streamlit shows it as it is.

    Nothing in it becomes a link, picture, formula, icon, emoji, style or list. The browser receives the same text,
    apart from invisible joiners and from spaces, which it would merge anyway.
    """
    text = text.replace("\ufeff", JOINER)  # invisible too, but JavaScript takes it for a space: ** beside it stays
    line = _LATE.sub(rf"\g<0>{JOINER}", _BREAKS.sub(" ", text).strip())
    return _LIST.sub(r"\g<0>\\", _SPECIAL.sub(lambda sign: _ENTITIES.get(sign[0], f"\\{sign[0]}"), line))
