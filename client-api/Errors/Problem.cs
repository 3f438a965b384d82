using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Serialization;
using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Resources;

namespace Payments.ClientApi.Errors;

/// <summary>An error answer (RFC 9457). Every one says what is known of the money and whether to send the same request again.</summary>
internal sealed record Problem : IResult
{
    public const string ContentType = "application/problem+json";

    [Description("Names the kind of problem; the code as a URI.")]
    public string Type => $"urn:payments:problem:{Code}";

    [Description("What kind of problem it is, in words; always the same for one code.")]
    public required string Title { get; init; }

    [Description("The HTTP status.")]
    public required int Status { get; init; }

    [Description("What is wrong with this request, and what would be right. Never repeats what was sent.")]
    public required string Detail { get; init; }

    [Description("What programs tell problems apart by.")]
    public required string Code { get; init; }

    [Description("The field, header or parameter that is wrong.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    [Description("What is known of the effect of this request: not_sent (nothing happened), or unknown.")]
    [OneOf("not_sent", "unknown", "declined", "done")]
    public string Outcome { get; init; } = "not_sent";

    [Description("Whether sending the same request again, with the same Idempotency-Key, is safe and may help.")]
    public bool SafeToRetry { get; init; }

    [Description("Where the payment stands, when that is why the request was refused.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PaymentStatus { get; init; }

    [Description("The newest month (UTC) that is archived, when that is why there is no answer: whatever was written in it or before is not here.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ArchivedThrough { get; init; }

    [Description("Names this request in the traces.")]
    public string? TraceId { get; init; }

    /// <summary>Seconds after which a retry makes sense.</summary>
    [JsonIgnore]
    public int? RetryAfter { get; init; }

    /// <summary>What a 401 or 403 says about the key that is wanted.</summary>
    [JsonIgnore]
    public string? Challenge { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (RetryAfter is { } seconds)
        {
            response.Headers[HeaderNames.RetryAfter] = seconds.ToString();
        }

        if (Challenge is not null)
        {
            response.Headers[HeaderNames.WWWAuthenticate] = Challenge;
        }

        var traced = this with { TraceId = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier };
        return response.WriteAsJsonAsync(traced, ApiJson.Default.Problem, ContentType, httpContext.RequestAborted);
    }
}
