from django.urls import path

from core.views import (
    account,
    best_dates,
    calculations,
    calendar_feeds,
    charts,
    compatibility,
    content,
    forecasts,
    names,
    profiles,
    reading_schedule,
    readings,
)

app_name = "core"
urlpatterns = [
    path("users/profile", account.MemberProfileView.as_view(), name="profile"),
    path("numerology/calculate", calculations.CalculateView.as_view(), name="calculate"),
    path("numerology/name-analysis", calculations.NameAnalysisView.as_view(), name="name-analysis"),
    path("numerology/number-analysis", calculations.NumberAnalysisView.as_view(), name="number-analysis"),
    path("numerology/compatibility", compatibility.CompatibilityView.as_view(), name="compatibility"),
    path("numerology/compatibility/group", compatibility.GroupView.as_view(), name="compatibility-group"),
    path("numerology/compatibility/history", compatibility.HistoryView.as_view(), name="compatibility-history"),
    path(
        "numerology/compatibility/history/<uuid:comparison_id>",
        compatibility.HistoryEntryView.as_view(),
        name="compatibility-history-entry",
    ),
    path("numerology/name-comparison", names.NameComparisonView.as_view(), name="name-comparison"),
    path("numerology/systems", calculations.SystemsView.as_view(), name="systems"),
    path("numerology/birth-chart", charts.BirthChartView.as_view(), name="birth-chart"),
    path("numerology/forecast", forecasts.ForecastView.as_view(), name="forecast"),
    path("numerology/calendar", forecasts.CalendarView.as_view(), name="calendar"),
    path("numerology/timeline", forecasts.TimelineView.as_view(), name="timeline"),
    path("numerology/changes", forecasts.ChangesView.as_view(), name="changes"),
    path("numerology/best-dates", best_dates.BestDatesView.as_view(), name="best-dates"),
    path("numerology/calendar-feed", calendar_feeds.FeedsView.as_view(), name="calendar-feeds"),
    path("numerology/calendar-feed/<uuid:feed_id>", calendar_feeds.FeedView.as_view(), name="calendar-feed"),
    path(
        "numerology/calendar-feed/<str:token>/numerai.ics",
        calendar_feeds.FeedFileView.as_view(),
        name="calendar-feed-file",
    ),
    path("numerology/daily-reading", readings.DailyReadingView.as_view(), name="daily-reading"),
    path("numerology/daily-reading/<str:date>/opened", readings.OpenedView.as_view(), name="daily-reading-opened"),
    path(
        "numerology/daily-reading/<str:date>/feedback", readings.FeedbackView.as_view(), name="daily-reading-feedback"
    ),
    path("numerology/insights", readings.InsightsView.as_view(), name="insights"),
    path("numerology/reading-schedule", reading_schedule.ReadingScheduleView.as_view(), name="reading-schedule"),
    path("numerology/profiles", profiles.ProfilesView.as_view(), name="profiles"),
    path("numerology/profiles/<uuid:profile_id>", profiles.ProfileView.as_view(), name="profile-by-id"),
    path("numerology/profiles/<uuid:profile_id>/make-primary", profiles.MakePrimaryView.as_view(), name="make-primary"),
    path(
        "numerology/profiles/<uuid:profile_id>/birth-chart",
        charts.ProfileBirthChartView.as_view(),
        name="profile-birth-chart",
    ),
    path("numerology/interpretations", content.PositionsView.as_view(), name="interpretations"),
    path(
        "numerology/interpretations/<slug:position>/<int:number>",
        content.InterpretationView.as_view(),
        name="interpretation",
    ),
]
