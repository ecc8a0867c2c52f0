"""Edits that the agent tells someone at a screen to make by hand, as prompts that it can follow itself.

Called by `screen_talk.py` with sentences that it has found to speak of a screen. "Drag clip 2 to the start" becomes
"Move clip 2 to the start."; hints at what a person could do become nothing: nobody asked for that. English and
Chinese. Pure, and never fails; when in doubt there is no edit.
"""

from __future__ import annotations

import re

_LONGEST_SENTENCE = 500
_HAN = re.compile(r"[\u4e00-\u9fff]")

# What may stand before an instruction; "can" and "if" are not among it, they make it a hint.
_LEAD = (
    r"(?:(?:and|then|now|next|first|second|finally|please|just|simply|so|\d+[.)]|[-*•]|step \d+:?"
    r"|you(?:'ll| will)?|need to|have to|must|should)[\s,:]+)*"
)
_HINT = re.compile(
    r"\b(?:can|could|may|might|want to|wish|like to|prefer|feel free|optional(?:ly)?|if|when|whenever|try"
    r"|alternatively|for example|e\.g)\b"
    r"|可以|如果|如需|若|想要|也可|可选|比如|例如|建议|可通过|可在|便可|即可",
    re.IGNORECASE,
)
_VERBS = (
    "remove|delete|cut|trim|split|shorten|extend|lengthen|mute|unmute|add|insert|move|merge|crop|rotate|replace|apply|"
    "duplicate|swap|set|lower|raise|increase|decrease|reduce|turn|slow|speed|generate|create|make|place|put|"
    "change|adjust|reorder|rearrange|resize|fade|reverse|combine"
)
# "adjust it" alone says nothing that could be done; "adjust it to 30%" does.
_VAGUE = re.compile(r"(?:change|adjust|reorder|rearrange|resize|apply|set|make)\b[^\d]*$", re.IGNORECASE)
_NO_EDIT = re.compile(
    r"\b(?:export|download|share|upload|file|files|footage|changes|settings|playhead|scrubber|cursor|panel|window|"
    r"project|account|preview|tab|here)\b",
    re.IGNORECASE,
)
_GESTURE = r"(?:click|tap|press|hit|select|choose|right-click|double-click|use|drag|drop|open|go)"
_JOINT = re.compile(
    rf"(?:\s*[,;]\s*(?:and\s+)?(?:then\s+)?|\s+and\s+then\s+|\s+and\s+|\s+then\s+)(?=(?:{_GESTURE}|{_VERBS})\b)",
    re.IGNORECASE,
)
_PURPOSE = re.compile(rf"\bto\s+(?P<edit>(?:{_VERBS})\b.+)", re.IGNORECASE)
_DRAG = re.compile(
    rf"{_LEAD}drag\s+(?P<what>.+?)\s+(?P<to>(?:on)?to|into|onto|before|after|between|above|"
    r"below|behind|over|(?<!the )(?<!'s )(?:up|down|left|right|forward|backward))\b(?P<rest>.*)",
    re.IGNORECASE,
)
_PICK = re.compile(
    rf"{_LEAD}(?:select|click|tap|right-click|choose)\s+(?:on\s+)?(?P<what>.+?)"
    r"(?:\s*,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+)"
    rf"(?:click|tap|press|hit|choose|select)\s+(?:on\s+)?(?:the\s+)?[\"“'‘]?(?P<verb>{_VERBS})[\"”'’]?"
    r"(?:\s+(?:button|key|icon|option|tool))?\s*$",
    re.IGNORECASE,
)
_CLICK = re.compile(rf"{_LEAD}(?:{_GESTURE})\b", re.IGNORECASE)
_SLIDER = re.compile(r"^(?P<of>the\s+.+?|.+?)\s+(?:slider|handle|knob)$", re.IGNORECASE)
_EDGE = re.compile(
    r"^(?:the\s+)?(?:right|left|start|end|outer)?\s*(?:edge|end|handle|border|corner)s?\s+of\s+(?P<of>.+)$",
    re.IGNORECASE,
)
_OWN_EDGE = re.compile(
    r"^(?P<of>.+?)(?:'s)\s+(?:(?:right|left|start|end|outer)\s+)?(?:edge|end|handle|border|corner)s?$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
_WIDGET = re.compile(
    r"\b(?:button|icon|menu|toolbar|sidebar|checkbox|dropdown|dialog|option|tool|slider)s?\b", re.IGNORECASE
)
_CHOSEN = re.compile(r"\b(?:select|choose|click|tap|right-click)\s+(?:on\s+)?(?P<what>.+)$", re.IGNORECASE)
_MOMENT = re.compile(r"\bat\s+(?:\d+(?::\d+)+|\d+(?:\.\d+)?\s*s(?:ec(?:ond)?s?)?)\b", re.IGNORECASE)
_LOOSE_EDIT = re.compile(
    rf"^(?:{_VERBS})\s+(?:(?:out|off|the|your|any|all|some|this|that|selected|unwanted|clips?|segments?|parts?|them|it|"
    r"elements?|items?|tracks?|one|each|individual|ends?)\s*)+$",
    re.IGNORECASE,
)
_LOOSE_OBJECT = re.compile(
    r"^(?:(?:the|your|any|all|some|clips?|them|it|elements?|items?|tracks?|one|each)\s*)+$", re.IGNORECASE
)

_CHINESE_LEAD = (
    r"(?:\d+[.、)]|第[一二三四五]步[:：]?|请|您|你|需要|需|必须|应该|应|先|再|然后|接着|最后|现在|手动|直接|并|就"
    r"|,|，|\s)*"
)
_CHINESE_DRAG = r"(?:拖拽|拖动|拖放|拖移|拖曳|拖)"
_CHINESE_TARGET = r"(?:到|至|进|入|在)"
_CHINESE_MOVED = re.compile(
    rf"^{_CHINESE_LEAD}(?:将|把)(?P<what>.+?){_CHINESE_DRAG}{_CHINESE_TARGET}(?P<to>.+)$"
)
_CHINESE_DRAGGED = re.compile(rf"^{_CHINESE_LEAD}{_CHINESE_DRAG}(?P<what>.+?){_CHINESE_TARGET}(?P<to>.+)$")
_CHINESE_VERBS = (
    "删除|移除|去掉|剪掉|裁剪|裁切|剪辑|剪切|剪短|缩短|延长|分割|拆分|静音|添加|插入|移动|合并|旋转|替换|复制|交换|调到|调至|"
    "调低|调高|设为|设置为|改为|改成|加快|放慢|降低|提高|生成|应用"
)
_CHINESE_PURPOSE = re.compile(
    rf"^{_CHINESE_LEAD}(?:点击|单击|双击|点一下|按下|选择|使用|拖动|拖拽|打开).*?"
    r"(?:按钮|图标|工具|滑块|选项|菜单|键|[”\"」』])(?:来|以|，|,)?"
    rf"(?P<edit>(?:(?:将|把).+?)?(?:{_CHINESE_VERBS}).*)$"
)
_CHINESE_PICK = re.compile(
    rf"^{_CHINESE_LEAD}(?:选中|选择|点击|右键点击|单击)(?P<what>[^，,、]+?)(?:[，,]|并|后|然后|再|\s)+"
    rf"(?:点击|选择|按下|按)[“\"「『]?(?P<verb>{_CHINESE_VERBS})[”\"」』]?(?:按钮|键|图标|选项)?$"
)
_CHINESE_NO_EDIT = re.compile(
    r"导出|下载|上传|文件|播放头|进度条|光标|面板|窗口|此处|这里|更改|设置面板|账户|预览|素材到|素材拖|素材库"
)


def find_edits(sentence: str) -> tuple[str, ...]:
    """The edits that a sentence tells a person to make, each as a prompt; none for a hint or anything unclear."""
    text = sentence.strip()
    if not text or len(text) > _LONGEST_SENTENCE or _HINT.search(text):
        return ()
    text = re.sub(r"\bdrag[ -]and[ -]drop\b", "drag", text, flags=re.IGNORECASE)
    line = " ".join(text.replace("’", "'").strip("*_ ").rstrip(".!。！;；:：").split())
    if _HAN.search(line):
        return _find_chinese(line)
    picked = _PICK.fullmatch(line)
    if picked:
        return _as_prompts(_rewrite_pick(picked["what"], picked["verb"]))
    parts = _JOINT.split(line)
    found: list[str | None] = []
    for part in parts:
        edit = _rewrite_drag(part) or _rewrite_click(part)
        # "… and trim it to 5 seconds" belongs to the gesture before it.
        is_further = not edit and any(found) and re.match(rf"(?:{_VERBS})\b", part, re.IGNORECASE)
        found.append(part if is_further and not _NO_EDIT.search(part) else edit)
    return _as_prompts(*found)


def _rewrite_drag(part: str) -> str | None:
    found = _DRAG.fullmatch(part)
    if found is None or _NO_EDIT.search(part):
        return None
    what, rest = found["what"], found["rest"].strip()
    thing = _strip_handle(what)
    purpose = _PURPOSE.search(f"{found['to']} {rest}")
    if purpose:
        edit = _name_it(purpose["edit"], thing)
        return None if _is_vague(edit) else edit
    slider = _SLIDER.match(what)
    if slider:
        return f"set {slider['of']} {found['to']} {rest}" if rest else None
    if not rest or _LOOSE_OBJECT.match(what):
        return None
    return f"move {what} {found['to']} {rest}"


def _strip_handle(what: str) -> str:
    """What is meant by what is dragged: the clip for "the right edge of the clip"."""
    found = _EDGE.match(what) or _OWN_EDGE.match(what) or _SLIDER.match(what)
    return found["of"] if found else what


def _rewrite_click(part: str) -> str | None:
    """The purpose of a click: the splitting, for "click the scissors to split clip 2"."""
    if not _CLICK.match(part):
        return None
    purpose = _PURPOSE.search(part)
    if purpose is None or _NO_EDIT.search(purpose["edit"]):
        return None
    edit = purpose["edit"]
    chosen = _CHOSEN.search(part[: purpose.start()])
    if _PRONOUN.search(edit):
        if chosen is None or _WIDGET.search(chosen["what"]):
            return None
        edit = _name_it(edit, chosen["what"].strip())
    moment = _MOMENT.search(part[: purpose.start()])
    edit = f"{edit} {moment[0]}" if moment and not re.search(r"\d", edit) else edit
    return None if _is_vague(edit) else edit


def _name_it(edit: str, thing: str) -> str:
    return _PRONOUN.sub(lambda _: thing, edit, count=1)


def _is_vague(edit: str) -> bool:
    """It does not say which piece, or how far: carried out by guess, it could ruin the rest."""
    return bool(_VAGUE.match(edit) or _LOOSE_EDIT.match(edit))


def _rewrite_pick(what: str, verb: str) -> str | None:
    return None if _WIDGET.search(what) or _NO_EDIT.search(what) else f"{verb.lower()} {what}"


def _as_prompts(*edits: str | None) -> tuple[str, ...]:
    prompts = []
    for edit in edits:
        if edit and len(edit.split()) > 1:
            mine = re.sub(r"\byour\b", "the", edit)
            prompts.append(f"{mine[0].upper()}{mine[1:].strip()}.")
    return tuple(prompts)


def _find_chinese(line: str) -> tuple[str, ...]:
    edits = []
    picked = _CHINESE_PICK.match(line)
    parts = [line] if picked else re.split(r"[，；;]|(?<=[^\d]),", line)
    for part in parts:
        edit = _rewrite_chinese(part.strip())
        if edit and not _CHINESE_NO_EDIT.search(part):
            edits.append(f"{edit.strip()}。")
    return tuple(edits)


def _rewrite_chinese(part: str) -> str | None:
    picked = _CHINESE_PICK.match(part)
    if picked:
        return (
            f"将{picked['what'].strip()}{picked['verb']}"
            if picked["verb"] == "静音"
            else picked["verb"] + picked["what"]
        )
    purpose = _CHINESE_PURPOSE.match(part)
    if purpose:
        return purpose["edit"]
    moved = _CHINESE_MOVED.match(part) or _CHINESE_DRAGGED.match(part)
    if moved and "滑块" not in moved["what"]:
        return f"将{moved['what']}移到{moved['to']}"
    return None
