"""What the charts of profiles take and give."""

from __future__ import annotations

from core.content.catalogue import INTERPRETATIONS
from core.serializers.chart_schema import CHART, CHART_COMPONENTS, Schema
from core.serializers.content import LanguageField
from numerai.api.fields import StrictSerializer, WordListField, WordSwitchField

SECTIONS = list(CHART["required"])


class ChartQuery(StrictSerializer):
    """How much of a chart."""

    explain = WordSwitchField(default=True, help_text="Whether to show the working.")
    fields = WordListField(  # type: ignore[assignment]  # a parameter's name; the attribute stays what it is
        words=SECTIONS, required=False, help_text=f"Some of: {', '.join(SECTIONS)}. All by default."
    )
    include = WordListField(words=[INTERPRETATIONS], required=False, help_text="What to add: interpretations.")
    lang = LanguageField()


# With `fields`, any part of a chart may be missing.
KEPT_CHART: Schema = {"type": "object", "additionalProperties": False, "properties": CHART["properties"]}
KEPT_CHART_COMPONENTS = {**CHART_COMPONENTS, "KeptBirthChart": KEPT_CHART}
