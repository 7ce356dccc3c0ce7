"""The headers of every page that is served on loopback: nothing is kept, guessed, passed on or shown to other sites."""


def page_headers(policy: str) -> dict[str, str]:
    """Return the headers.

    :param policy: the content security policy of the page.
    """
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
