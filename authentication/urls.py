from django.urls import path

from authentication.views import consents, credentials, exports, profile, registration, second_factor, sessions, sign_in

app_name = "authentication"
urlpatterns = [
    path("auth/register", registration.RegisterView.as_view(), name="register"),
    path("auth/documents", consents.DocumentsView.as_view(), name="documents"),
    path("auth/verify-otp", registration.VerifyView.as_view(), name="verify-otp"),
    path("auth/resend-otp", registration.ResendView.as_view(), name="resend-otp"),
    path("auth/login", sign_in.SignInView.as_view(), name="login"),
    path("auth/login/second-factor", sign_in.SecondFactorSignInView.as_view(), name="login-second-factor"),
    path("auth/refresh-token", sign_in.RefreshView.as_view(), name="refresh-token"),
    path("auth/logout", sign_in.SignOutView.as_view(), name="logout"),
    path("auth/forgot-password", credentials.ForgotPasswordView.as_view(), name="forgot-password"),
    path("auth/reset-password", credentials.ResetPasswordView.as_view(), name="reset-password"),
    path("auth/change-password", credentials.ChangePasswordView.as_view(), name="change-password"),
    path("auth/change-email", credentials.ChangeEmailView.as_view(), name="change-email"),
    path("auth/change-email/confirm", credentials.ConfirmEmailView.as_view(), name="confirm-email"),
    path("auth/sessions", sessions.SessionsView.as_view(), name="sessions"),
    path("auth/sessions/revoke-others", sessions.RevokeOthersView.as_view(), name="revoke-others"),
    path("auth/sessions/<uuid:session_id>", sessions.SessionView.as_view(), name="session"),
    path("auth/second-factor", second_factor.SecondFactorView.as_view(), name="second-factor"),
    path("auth/second-factor/setup", second_factor.SetUpSecondFactorView.as_view(), name="set-up-second-factor"),
    path("auth/second-factor/confirm", second_factor.ConfirmSecondFactorView.as_view(), name="confirm-second-factor"),
    path("auth/second-factor/disable", second_factor.DisableSecondFactorView.as_view(), name="disable-second-factor"),
    path("auth/second-factor/recovery-codes", second_factor.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("users/profile", profile.ProfileView.as_view(), name="profile"),
    path("users/consents", consents.ConsentsView.as_view(), name="consents"),
    path("users/export", exports.ExportView.as_view(), name="export"),
    path("users/export/files/<str:token>", exports.ExportFileView.as_view(), name="export-file"),
    path("users/phone", profile.PhoneView.as_view(), name="phone"),
    path("users/phone/verify", profile.VerifyPhoneView.as_view(), name="verify-phone"),
]
