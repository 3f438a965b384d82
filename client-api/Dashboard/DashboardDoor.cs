using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Security;
using Payments.Domain;

namespace Payments.ClientApi.Dashboard;

/// <summary>Where operators sign in, with a key that is sent once, and out.</summary>
internal static class DashboardDoor
{
    /// <param name="mistake">What was wrong with what was tried.</param>
    public static IResult Page(int status, string? mistake) => new DashboardHtml(
        "Sign in",
        $"""
        <main class="door">
        <h1>Payments</h1>
        <p>The dashboard is for operators.</p>
        <form method="post" action="{DashboardRoutes.SignIn}">
        <label for="key">Operator key</label>
        <input id="key" name="key" type="password" autocomplete="current-password" placeholder="{ApiKeySecret.OperatorPrefix}_…" required autofocus>
        {(mistake is null ? "" : $"<p class=\"mistake\" role=\"alert\">{mistake}</p>")}
        <button>Sign in</button>
        </form>
        </main>
        """)
    { Status = status };

    public static async Task<IResult> SignInAsync(HttpContext context, [FromServices] KeyCache keys, [FromServices] DashboardSession sessions)
    {
        if (IsFromElsewhere(context.Request))
        {
            return Page(StatusCodes.Status403Forbidden, "This was sent by another site's page. Sign in here.");
        }

        var key = (await FormAsync(context.Request))?["key"].ToString().Trim() ?? "";
        if (await keys.FindAsync(key, context.RequestAborted) is not { } caller)
        {
            return Page(StatusCodes.Status401Unauthorized, "This key is not known, was revoked, or has expired.");
        }

        if (!caller.MayUse([Scopes.Operator]))
        {
            return Page(StatusCodes.Status403Forbidden, "This is not an operator's key: a merchant's opens the API, but not the dashboard.");
        }

        await sessions.BeginAsync(context, ApiKeySecret.Hash(key));
        return SeeOther(context);
    }

    public static IResult SignOut(HttpContext context)
    {
        if (IsFromElsewhere(context.Request))
        {
            return Page(StatusCodes.Status403Forbidden, "This was sent by another site's page.");
        }

        DashboardSession.End(context);
        return SeeOther(context);
    }

    // Browsers say who makes them send a form; only our own page may, so that nobody signs an operator in as somebody else. Programs say nothing.
    private static bool IsFromElsewhere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is [{ } site] ? site is not ("same-origin" or "none")
        : request.Headers.Origin is [{ } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == request.Host.Value);

    private static async Task<IFormCollection?> FormAsync(HttpRequest request)
    {
        try
        {
            return request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static StatusCodeHttpResult SeeOther(HttpContext context)
    {
        context.Response.Headers.Location = DashboardRoutes.Path;
        return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
    }
}
