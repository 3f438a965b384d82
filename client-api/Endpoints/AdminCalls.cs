using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.Domain;
using Payments.Storage;

namespace Payments.ClientApi.Endpoints;

/// <summary>What an operator's requests that make something have in common: an idempotency key, and a body.</summary>
internal sealed class AdminCalls(IPaymentQueries queries)
{
    /// <param name="kind">What is made, so that one key may make one of each.</param>
    /// <param name="read">Reads the body into what makes it, once its id is known.</param>
    public async Task<IResult> MakeAsync(HttpContext context, string kind, Func<Fields, Func<Guid, Task<IResult>>> read)
    {
        var (key, make, problem) = await Command<Func<Guid, Task<IResult>>>.ReadAsync(context, read);
        if (problem is not null)
        {
            return problem;
        }

        // Operators have no salt of their own: the platform's secret makes ids that nobody else can guess.
        var id = Ids.OfOperator(await queries.PlatformSecretAsync(context.RequestAborted), kind, key);
        ProblemMiddleware.CommandLeaves(context);
        return await make(id);
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
