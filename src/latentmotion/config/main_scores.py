"""The scores by which the papers compare systems: those that overviews show of each protocol."""

MAIN = {  # protocol -> its main scores; a score's conditions, which follow its first colon, do not count
    "real": ("action_accuracy",),
    "motion-prior": ("action_accuracy", "identity_accuracy"),
    "motion-swap": ("action_accuracy", "identity_accuracy"),
    "content-prior": ("action_accuracy",),
    "image-to-sequence": ("action_accuracy",),
    "predict": ("mse", "ssim"),
    "missing-angle": ("mse",),
    "generate": ("action_accuracy", "fvd-judge"),
    "frame-distance": ("fid-judge",),
    "likelihood": ("log_p", "elbo", "gap_closed"),
    "symmetry": ("rotation_spread", "bracket_squared", "bracket_squared_flow"),
    "speaker-verification": ("content_eer", "motion_eer"),
}
