from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.prose import plain


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("", ""),
        ("Memory limit in bytes", "Memory limit in bytes."),
        ("conflict", "Conflict."),
        ("bad parameter", "Bad parameter."),
        ("What `it` is: `x`", "What `it` is: `x`."),
        ("Is it?\n", "Is it?"),
        ("One line\ngoes on.\n\n\nAnother.", "One line goes on.\n\nAnother."),
        ("units of 10<sup>-9</sup> CPUs", "Units of 10^-9 CPUs."),
        ("One.<br /><br />Two.<p>Three.</p>", "One.\n\nTwo.\n\nThree."),
        ("See [there](#operation/There) now", "See there now."),
        ("See [there](https://x.test/a) now", "See there (https://x.test/a) now."),
        ("> **Note**: this is\n> so.", "Note: this is so."),
        ("### Format\nText", "Format:\n\nText."),
        ("Any of:\n- one\n  more\n- `two`", "Any of:\n- one more\n- `two`."),
        ("Text:\n```\na\nb\n```", "Text:\n```\na\nb\n```"),
        ("Keep `<id>` as it is", "Keep `<id>` as it is."),
    ],
)
def test_prose(text: str, prose: str) -> None:
    assert plain(text) == prose


@given(st.text(alphabet="ab \n\r-*#>`[]()<p/r.\\\"'") | st.text())
def test_any_text_is_taken(text: str) -> None:
    made = plain(text)
    assert made == made.strip()
    assert set("".join(made.split())) <= set("".join(text.split())) | set("^:.()") | {
        letter.upper() for letter in text
    }
