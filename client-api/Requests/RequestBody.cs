using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Requests;

/// <summary>
/// The JSON object that a request carries, checked for all that holds for every field: at most 64 KB of strict UTF-8 without a byte order mark, one
/// object and nothing behind it, no name twice, and no text that <see cref="TextRules"/> refuses. What each field means is for <see cref="Fields"/>.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = ApiLimits.MaxJsonDepth };

    private readonly JsonDocument? _document;

    private RequestBody(JsonDocument document) => _document = document;

    private RequestBody(Problem problem) => Problem = problem;

    /// <summary>Why there is no body to read; null when there is one.</summary>
    public Problem? Problem { get; }

    /// <summary>The object, while this is not disposed.</summary>
    public JsonElement Root => _document!.RootElement;

    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request)
    {
        if (!IsJson(request))
        {
            return new(Problems.UnsupportedMediaType());
        }

        return await BytesAsync(request, ApiLimits.MaxBodyBytes) is { } bytes ? Parse(bytes) : new(Problems.BodyTooLarge());
    }

    public void Dispose() => _document?.Dispose();

    private static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.Count == 0;

    /// <summary>The body as it came, byte for byte; null when it is larger than that.</summary>
    public static async ValueTask<byte[]?> BytesAsync(HttpRequest request, int most)
    {
        if (request.ContentLength > most)
        {
            return null;
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            var buffer = read.Buffer;
            if (buffer.Length > most)
            {
                reader.AdvanceTo(buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var bytes = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return bytes;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static RequestBody Parse(byte[] bytes)
    {
        if (bytes is [])
        {
            return new(Problems.InvalidJson("The body is empty; it must be a JSON object, {} at least."));
        }

        if (bytes is [0xEF, 0xBB, 0xBF, ..] || !Utf8.IsValid(bytes))
        {
            return new(Problems.InvalidJson("The body must be UTF-8 without a byte order mark."));
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, Strict);
        }
        catch (JsonException)
        {
            return new(Problems.InvalidJson(
                $"The body must be one JSON object, nested at most {ApiLimits.MaxJsonDepth} deep, with nothing before or behind it."));
        }

        var problem = document.RootElement.ValueKind == JsonValueKind.Object
            ? TextRules.Check(document.RootElement, null)
            : Problems.InvalidJson("The body must be a JSON object.");
        if (problem is null)
        {
            return new(document);
        }

        document.Dispose();
        return new(problem);
    }
}
