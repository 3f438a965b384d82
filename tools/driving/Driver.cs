using System.Diagnostics;
using System.Net;

namespace Payments.Tools.Driving;

/// <summary>Lives through planned payments over HTTP, many at a time, each to its end.</summary>
internal sealed class Driver(ApiClient api, Patience patience, Tally tally)
{
    private const int CopiesAtOnce = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <param name="finished">Called for each payment that reached its end.</param>
    public Task RunAsync(IReadOnlyList<PlannedPayment> plan, int parallel, Action finished, CancellationToken cancellationToken) =>
        Parallel.ForAsync(0, plan.Count, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken }, async (i, stop) =>
        {
            await LiveAsync(plan[i], i, stop);
            patience.Progress();
            finished();
        });

    private async Task LiveAsync(PlannedPayment planned, int node, CancellationToken cancellationToken)
    {
        var body = new
        {
            amount = planned.Amount,
            currency = planned.Currency,
            payment_method = planned.Token,
            reference = planned.Reference,
            capture = planned.Capture is null ? "automatic" : "manual",
        };
        if (await MakeAsync("/v1/payments", planned.Key, body, planned.Repeats, node, cancellationToken) is not { } made)
        {
            return;
        }

        if (!made.IsSuccess)
        {
            tally.Wrongs.Enqueue($"Payment {planned.Key} was refused with {(int)made.Status} {made.Text("code")}, and nothing was wrong with it.");
            return;
        }

        var id = made.Text("id");
        var payment = await FinalAsync($"/v1/payments/{id}", made, node, cancellationToken);
        var status = payment.Text("status");
        tally.Add($"story/{planned.Story}");
        tally.Add($"payment/{status}");
        if (status == planned.Impossible)
        {
            tally.Wrongs.Enqueue($"Payment {id} is {status}, and the processor does the opposite for {planned.Token}.");
        }

        if (status == "authorized" && planned.Capture is { } end)
        {
            await EndAsync(planned, id, end, node, cancellationToken);
        }

        if (status != "succeeded")
        {
            return;
        }

        tally.Add($"captured/{planned.Currency}", planned.Amount);
        foreach (var refund in planned.Refunds)
        {
            await RefundAsync(planned, id, refund, node, cancellationToken);
        }
    }

    // An authorization is captured, or let go of.
    private async Task EndAsync(PlannedPayment payment, string id, PlannedCapture planned, int node, CancellationToken cancellationToken)
    {
        var (path, list) = planned.Amount is null ? ("cancel", "cancellations") : ("captures", "captures");
        object body = planned.Amount is { } amount ? new { amount } : new { };
        if (await MakeAsync($"/v1/payments/{id}/{path}", planned.Key, body, payment.Repeats, node + 1, cancellationToken) is not { } made)
        {
            return;
        }

        var ended = made.IsSuccess ? await FinalAsync($"/v1/payments/{id}/{list}/{made.Text("id")}", made, node, cancellationToken) : made;
        tally.Add($"{(planned.Amount is null ? "cancellation" : "capture")}/{ended.Text("status")}");
        if (ended.Text("status") != "succeeded")
        {
            tally.Wrongs.Enqueue($"The end of payment {id} was answered with {(int)ended.Status} {ended.Text("status")} {ended.Text("code")}.");
        }
        else if (planned.Amount is { } captured)
        {
            tally.Add($"captured/{payment.Currency}", captured);
        }
    }

    private async Task RefundAsync(PlannedPayment payment, string id, PlannedRefund planned, int node, CancellationToken cancellationToken)
    {
        object body = planned.Amount is { } amount ? new { amount } : new { };
        if (await MakeAsync($"/v1/payments/{id}/refunds", planned.Key, body, payment.Repeats, node + 1, cancellationToken) is not { } made)
        {
            return;
        }

        if (planned.IsTooMuch != (made.Status == HttpStatusCode.UnprocessableEntity) || (!planned.IsTooMuch && !made.IsSuccess))
        {
            tally.Wrongs.Enqueue($"The refund {planned.Key} of payment {id} was answered with {(int)made.Status} {made.Text("code")}.");
            return;
        }

        if (planned.IsTooMuch)
        {
            tally.Add("refund/refused: more than the payment has");
            return;
        }

        var refund = await FinalAsync($"/v1/payments/{id}/refunds/{made.Text("id")}", made, node, cancellationToken);
        tally.Add($"refund/{refund.Text("status")}");
        if (refund.Text("status") == "succeeded")
        {
            tally.Add($"refunded/{payment.Currency}", refund.Body.GetProperty("amount").GetInt64());
        }
    }

    /// <summary>Sends a request as often as planned, and holds all answers against each other. Null when they disagree.</summary>
    private async Task<ApiAnswer?> MakeAsync(string path, string key, object body, Repeats repeats, int node, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, repeats == Repeats.AtOnce ? CopiesAtOnce : 1)
            .Select(copy => api.PostAsync(path, key, body, node + copy, cancellationToken)));
        tally.Latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        if (repeats == Repeats.Afterwards)
        {
            answers = [.. answers, await api.PostAsync(path, key, body, node + 1, cancellationToken)];
        }

        tally.Add("requests", answers.Length);
        tally.Add("replays", answers.Count(answer => answer.IsReplay));
        tally.Add("retries", answers.Sum(answer => answer.Retries));
        patience.Progress();
        if (answers.Select(answer => answer.Text("id")).Distinct(StringComparer.Ordinal).Count() == 1)
        {
            return answers[0];
        }

        tally.Wrongs.Enqueue($"The key {key} got different answers: {string.Join(", ", answers.Select(answer => $"{(int)answer.Status} {answer.Text("id")}"))}.");
        return null;
    }

    private async Task<ApiAnswer> FinalAsync(string path, ApiAnswer answer, int node, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; answer.Text("status") is "processing" or "pending"; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            patience.Check($"{path} is still {answer.Text("status")}");
            await Task.Delay(pause, cancellationToken);
            var next = await api.GetAsync(path, node++, cancellationToken);
            if (!next.IsSuccess)
            {
                tally.Wrongs.Enqueue($"{path} was accepted, and asking for it is answered with {(int)next.Status}.");
                return answer;
            }

            answer = next;
        }

        return answer;
    }
}
