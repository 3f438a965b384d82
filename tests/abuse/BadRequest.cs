using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Payments.Tests.Abuse;

/// <summary>A request with one thing wrong, and what is wrong with it.</summary>
/// <param name="Number">Makes the same request again, together with the seed.</param>
/// <param name="Documented">The responses that the document gives the operation; null when no operation is asked for.</param>
internal sealed record BadRequest(
    int Number, string Fault, string Method, string Path, byte[]? Body, string? ContentType, IReadOnlyList<(string Name, string Value)> Headers, JsonNode? Documented)
{
    /// <summary>Whether the document has an example of such an answer.</summary>
    public bool Expects(int status, string code) =>
        Documented is null || Documented[$"{status}"]?["content"]?["application/problem+json"]?["examples"]?[code] is not null;

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri(Path, UriKind.Relative));
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.ContentType = ContentType is null ? null : MediaTypeHeaderValue.Parse(ContentType);
        }

        foreach (var (name, value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    public override string ToString() => $"#{Number} {Method} {Path}: {Fault}\n{(Body is null ? "" : Encoding.Latin1.GetString(Body.AsSpan(..Math.Min(Body.Length, 400))))}";
}
