using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Requests;

/// <summary>What a request that makes or changes something asks for, or what is wrong with it first: its key, its body, its fields.</summary>
/// <param name="Key">The idempotency key; empty where none is taken.</param>
/// <param name="Asked">What the body asks for; to be used only when nothing is wrong.</param>
internal readonly record struct Command<T>(string Key, T Asked, Problem? Problem)
{
    /// <summary>Of a request that takes an idempotency key.</summary>
    public static async Task<Command<T>> ReadAsync(HttpContext context, Func<Fields, T> read) =>
        IdempotencyKey.TryRead(context.Request, out var key, out var problem)
            ? await ReadBodyAsync(context, read) with { Key = key }
            : new("", default!, problem);

    /// <summary>Of a request that may be repeated without one.</summary>
    public static async Task<Command<T>> ReadBodyAsync(HttpContext context, Func<Fields, T> read)
    {
        using var body = await RequestBody.ReadAsync(context.Request);
        if (body.Problem is not null)
        {
            return new("", default!, body.Problem);
        }

        var fields = new Fields(body.Root);
        var asked = read(fields);
        return new("", asked, fields.Problem);
    }
}
