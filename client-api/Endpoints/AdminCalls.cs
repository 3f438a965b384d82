using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>What an operator's requests that make something have in common: an idempotency key, and a body.</summary>
internal sealed class AdminCalls(IPaymentQueries queries)
{
    /// <param name="kind">What is made, so that one key may make one of each.</param>
    /// <param name="read">Reads the body, and says what is wanted as a fingerprint and how it is made.</param>
    public async Task<IResult> MakeAsync(HttpContext context, string kind, Func<Fields, MakeRequest> read)
    {
        if (!IdempotencyKey.TryRead(context.Request, out var key, out var problem))
        {
            return problem;
        }

        using var body = await RequestBody.ReadAsync(context.Request);
        if (body.Problem is not null)
        {
            return body.Problem;
        }

        var fields = new Fields(body.Root);
        var request = read(fields);
        if (fields.Problem is { } wrong)
        {
            return wrong;
        }

        // Operators have no salt of their own: the platform's secret makes ids that nobody else can guess.
        var id = Ids.OfOperator(await queries.PlatformSecretAsync(context.RequestAborted), kind, key);
        ProblemMiddleware.CommandLeaves(context);
        return await request.MakeAsync(id);
    }

    /// <summary>The answer to a request that made something, now or before.</summary>
    /// <param name="made">The fingerprint that it was made with.</param>
    public static IResult Made(HttpContext context, bool isNew, string? made, string asked, string location, Func<IResult> answer)
    {
        if (made != asked)
        {
            return Problems.Refused("idempotency_key_reused", status: null);
        }

        Answers.MarkReplayed(context, !isNew);
        context.Response.Headers.Location = location;
        return answer();
    }
}

/// <summary>Makes what a body asked for, under an id that its idempotency key leads to.</summary>
internal sealed record MakeRequest(Func<Guid, Task<IResult>> MakeAsync);
