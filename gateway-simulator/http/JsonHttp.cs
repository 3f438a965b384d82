using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>Reads and writes JSON, and turns whatever a client can do wrong into a 4xx with a code.</summary>
internal static class JsonHttp
{
    /// <summary>Reads the body, or says what is wrong with it.</summary>
    public static async Task<(T? Body, Refusal? Refusal)> ReadJsonAsync<T>(this HttpContext context, JsonTypeInfo<T> layout)
        where T : class
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync(context.Request.Body, layout, context.RequestAborted);
            return body is null ? (null, new Refusal("invalid_json", null, "The body must be a JSON object.")) : (body, null);
        }
        catch (JsonException exception)
        {
            var field = exception.Path is { } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
            return field is null
                ? (null, new Refusal("invalid_json", null, "The body must be a JSON object, each field given once."))
                : (null, new Refusal("invalid_field", field, $"{field} has the wrong type or is out of range."));
        }
    }

    public static Task WriteJsonAsync<T>(this HttpContext context, T reply, JsonTypeInfo<T> layout, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(reply, layout);
    }

    public static Task RefuseAsync(this HttpContext context, Refusal refusal, int status = StatusCodes.Status400BadRequest) =>
        context.WriteJsonAsync(refusal, Json.Default.Refusal, status);

    /// <summary>Gives the refusals of the server itself (unknown path, wrong method, body too large) the same form.</summary>
    public static void UseJsonErrors(this WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            var code = exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? "body_too_large" : "invalid_request";
            await context.RefuseAsync(new Refusal(code, null, exception.Message), exception.StatusCode);
        }
        catch (Exception exception)
            when (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The client has gone: nobody is left to answer.
        }

        if (!context.Response.HasStarted && context.Response.ContentType is null && !context.RequestAborted.IsCancellationRequested)
        {
            var code = context.Response.StatusCode switch
            {
                StatusCodes.Status404NotFound => "not_found",
                StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
                _ => null,
            };
            if (code is not null)
            {
                await context.RefuseAsync(new Refusal(code, null, "There is nothing here."), context.Response.StatusCode);
            }
        }
    });
}
