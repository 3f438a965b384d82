using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Security;

/// <summary>Lets a request through to an endpoint that requires a scope only with a key that has it.</summary>
internal sealed class KeyMiddleware(RequestDelegate next, KeyCache keys)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScopes>() is not { } required)
        {
            await next(context);
            return;
        }

        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            await Problems.KeyMissing().ExecuteAsync(context);
            return;
        }

        if (await keys.FindAsync(header, context.RequestAborted) is not { } caller)
        {
            await Problems.KeyInvalid().ExecuteAsync(context);
            return;
        }

        if (!caller.MayUse(required.AnyOf))
        {
            await Problems.ScopeMissing(required).ExecuteAsync(context);
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }
}
