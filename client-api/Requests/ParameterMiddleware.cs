using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Security;

namespace Payments.ClientApi.Requests;

/// <summary>Refuses parameters that an endpoint does not take: a filter with a slip in its name must not show everything.</summary>
internal sealed class ParameterMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Query.Count > 0 && context.GetEndpoint()?.Metadata is { } notes && notes.GetMetadata<RequiredScopes>() is not null)
        {
            var known = Names(notes.GetRequiredMetadata<MethodInfo>());
            if (context.Request.Query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            {
                await Problems.ParameterUnknown(TextRules.Repeatable(unknown), known).ExecuteAsync(context);
                return;
            }
        }

        await next(context);
    }

    private static string[] Names(MethodInfo handler) =>
    [
        .. from parameter in handler.GetParameters()
           let query = parameter.GetCustomAttribute<FromQueryAttribute>()
           where query is not null
           select query.Name ?? parameter.Name,
    ];
}
