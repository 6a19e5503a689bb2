"""What hypothesis draws from, for the tests of more than one room."""

from __future__ import annotations

from hypothesis import strategies as st

# The options that bear on the cycles of a life, and when they begin and end.
CYCLE_OPTIONS = st.fixed_dictionaries(
    {
        "personal_year_boundary": st.sampled_from(["calendar", "birthday"]),
        "pinnacle_boundary": st.sampled_from(["inclusive", "exact_birthday", "calendar"]),
        "period_ages": st.sampled_from(["personal_year_1", "period_36", "fixed", "fixed_28"]),
        "challenge_ages": st.sampled_from(["approximate", "pinnacle"]),
        "challenge_count": st.sampled_from([3, 4]),
        "no_middle": st.sampled_from(["double", "two"]),
        "age_base": st.sampled_from([0, 1]),
        "personal_masters": st.sampled_from([[], [11, 22]]),
    }
)
