using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Security;

namespace Payments.ClientApi.Dashboard;

/// <summary>Lets operators through to the dashboard, by the key in the Authorization header or by the cookie of a session. No other endpoint looks at cookies.</summary>
internal sealed class DashboardMiddleware(RequestDelegate next, KeyCache keys, DashboardSession sessions)
{
    private static readonly RequiredScopes Operators = new([Scopes.Operator]);

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<DashboardPage>() is not { } page)
        {
            await next(context);
            return;
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = page.Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers[HeaderNames.CacheControl] = "no-store";
        headers["Referrer-Policy"] = "same-origin";
        if (page.IsOpen)
        {
            await next(context);
            return;
        }

        var isByHeader = context.Request.Headers.Authorization.Count > 0;
        var caller = isByHeader
            ? await keys.FindAsync(context.Request.Headers.Authorization, context.RequestAborted)
            : await sessions.CallerAsync(context);
        if (caller?.MayUse(Operators.AnyOf) == true)
        {
            await next(context);
        }
        else if (!isByHeader && context.Request.GetTypedHeaders().Accept.Any(kind => kind.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase)))
        {
            var hadSession = context.Request.Cookies.ContainsKey(DashboardSession.Cookie);
            await DashboardDoor.Page(StatusCodes.Status401Unauthorized, hadSession ? "The session has ended, or its key is not valid any more. Sign in again." : null)
                .ExecuteAsync(context);
        }
        else
        {
            await (caller is not null ? Problems.ScopeMissing(Operators) : isByHeader ? Problems.KeyInvalid() : Problems.KeyMissing()).ExecuteAsync(context);
        }
    }
}
