"""A headline without the remarks that are no part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crawler.normalise.character import clean_text
from crawler.normalise.repair import repair
from feeds.release import Facts

__all__ = ["Title", "clean_title"]

_MEDIA = (
    r"photos?|pictures?|images?|videos?|audio|slides?|graphics?|charts?|tables?|annex(?:es)?|attachments?|appendix|appendices|"
    r"captions?|transcripts?|webcast|infographics?|posters?|press photos?"
)
_LANGUAGE = r"english|eng|chinese|chi|cantonese|putonghua|mandarin|portuguese|portugu[eê]s|inglês|chinês|bilingual"
_ENGLISH = rf"(?:with|see|attached:?) +(?:the +)?(?:{_MEDIA})(?:(?: *[/,&+] *| +and +| +)(?:{_MEDIA}))*(?: +attached)?|(?:in +)?(?:{_LANGUAGE})(?: +(?:version|text|translation))? +only|(?:available +)?only +in +(?:{_LANGUAGE})"  # noqa: E501 - a table or a pattern that reads better whole
_PORTUGUESE = r"(?:com|ver) +(?:fotos?|fotografias?|imagens|imagem|v[ií]deos?|anexos?)(?:(?: *[/,] *| +e +)(?:fotos?|fotografias?|imagens|imagem|v[ií]deos?|anexos?))*|(?:apenas|só|somente) +em +(?:inglês|chinês|português)"  # noqa: E501 - a table or a pattern that reads better whole
_ZH_MEDIA = "(?:圖片|图片|相片|照片|圖|图|相|短片|影片|視頻|视频|錄影|錄像|录像|片段|影像|附件|附錄|附录|聲帶|声带|錄音|录音|圖表|图表|只有)"  # noqa: E501 - a table or a pattern that reads better whole
_CHINESE = rf"[附有另]*(?:附有|附|備|备|有|多){_ZH_MEDIA}(?:[/／、及和與与,， ]*{_ZH_MEDIA})*|[只衹祗仅僅](?:有|備有|备有|備|备|提供|設|设)?(?:英|中|葡|英語|英语|葡語|葡语)?(?:文|文本|語|语)?(?:版本|版|文本|全文)?|(?:英文|中文|葡文)(?:版本)?(?:而已|只)"  # noqa: E501 - a table or a pattern that reads better whole
_SUFFIX = re.compile(rf"[(（\[［【〔] *({_ENGLISH}|{_PORTUGUESE}|{_CHINESE}) *[)）\]］】〕]\Z", re.IGNORECASE)

_LONGEST = 90
_PASSES = 6
_MOST = 5_000  # characters that are looked at; a title is cut to fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A headline: *text* alone, and what hung on it as *facts* {"suffixes": (…)}, in their order."""

    text: str
    facts: Facts = field(default_factory=dict)


def clean_title(text: str) -> Title:
    r"""Return the headline in *text* on one line, mojibake undone, its suffixes taken off and kept.

    >>> clean_title("Speech by CE in London (English Only)(with photos/video)")
    Title(text='Speech by CE in London', facts={'suffixes': ('English Only', 'with photos/video')})
    >>> clean_title("行政長官出席論壇（附圖／短片）").facts
    {'suffixes': ('附圖／短片',)}
    >>> clean_title("The Investorâ€™s Guide").text
    'The Investor’s Guide'
    >>> clean_title("\x9dInvestorâ€™s").text
    'Investor’s'
    >>> clean_title("LCQ3: Support for SMEs (Part 2)")
    Title(text='LCQ3: Support for SMEs (Part 2)', facts={})
    """
    text = text.lstrip()[:_MOST]
    clean = clean_text(repair(text).text)
    for _ in range(_PASSES):  # without what does not show, letters that stood apart may look broken
        if clean == text or clean.isascii():
            break
        text, clean = clean, clean_text(repair(clean).text)
    line = " ".join(clean.split("\n"))
    line = re.sub(" {2,}", " ", line).strip(" *")
    suffixes: list[str] = []
    end = len(line)
    while (start := max(line.rfind(bracket, max(0, end - _LONGEST), end) for bracket in "(（[［【〔")) > 0:
        found = _SUFFIX.match(line, start, end)
        if found is None:
            break
        suffixes.append(found[1].strip())
        end = start
        while end and line[end - 1] == " ":
            end -= 1
    facts: Facts = {"suffixes": tuple(reversed(suffixes))} if suffixes else {}
    return Title(text=line[:end], facts=facts)
