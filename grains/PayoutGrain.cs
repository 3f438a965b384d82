using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// A payout: load, decide, commit, act. The rules are in <see cref="PayoutStateMachine"/>. It can be active twice: the version in the database lets one
/// of two win. What wakes it is a timer, and beyond that the grain of the schedule, which reads in the database what is due.
/// </summary>
public sealed class PayoutGrain(
    IPaymentStore store, IPayoutStore payouts, IBankDirectory banks, PaymentPolicy policy, TimeProvider time, Dice dice, ILogger<PayoutGrain> log)
    : Grain, IPayoutGrain, IPayoutAnswers
{
    private const int MaxStaleTries = 5;

    private string merchantId = "";
    private Guid payoutId;
    private Payout? payout;
    private IGrainTimer? timer;
    private bool running;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (merchantId, payoutId) = GrainKeys.ParsePayout(this.GetPrimaryKeyString());
        await ReloadAsync();
    }

    public async Task<PayoutReply> RequestAsync(PayoutRequest request)
    {
        if (request.FirstMistake() is { } mistake)
        {
            return new(ReplyKind.Refused, "field_invalid", mistake.Field, mistake.Rule);
        }

        var fingerprint = Fingerprint.Of(
            ("amount", request.Amount?.ToString()), ("currency", request.Currency), ("description", request.Description),
            ("scheduled_for", request.ScheduledFor?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        await KnowItAsync();
        if (payout is not null)
        {
            return payout.Fingerprint == fingerprint ? new(ReplyKind.Replayed) : new(ReplyKind.Refused, Refusal.IdempotencyKeyReused.Code());
        }

        if (await store.MerchantAsync(merchantId, CancellationToken.None) is not { } merchant)
        {
            return new(ReplyKind.Refused, "merchant_not_found");
        }

        var mode = StatusNames.Parse<Mode>(merchant.Mode, ModeNames.Name);
        if (banks.Route(mode) is not { } bank)
        {
            return new(ReplyKind.Refused, "no_bank");
        }

        if (await payouts.PayableAsync(merchantId, request.Currency, time.Now(), CancellationToken.None) is not [var payable])
        {
            return new(ReplyKind.Refused, "payout_settings_missing");
        }

        var amount = request.Amount ?? Math.Min(payable.Available, Money.MaxOperation);
        if (amount == 0 || amount > payable.Available)
        {
            return new(ReplyKind.Refused, "payout_exceeds_available");
        }

        return await HandleAsync(() => new RequestPayoutCommand
        {
            MerchantId = merchantId,
            PayoutId = payoutId,
            Mode = mode,
            Amount = new(amount, Currency.Of(request.Currency)),
            BankName = bank,
            Destination = payable.Settings.Destination,
            Holder = payable.Settings.Holder,
            Description = request.Description,
            ScheduledFor = request.ScheduledFor,
            Fingerprint = fingerprint,
            Floor = payable.Floor,
            Now = time.Now(),
            Bank = banks.Get(bank).Capabilities,
            ReturnsFor = banks.Get(bank).ReturnsFor,
            Retries = RetriesOf(bank),
            Jitter = dice(),
        });
    }

    public async Task<PayoutReply> RuleAsync(PayoutOutcome outcome)
    {
        await ReloadAsync();
        if (payout is null)
        {
            return new(ReplyKind.Refused, "payout_not_found");
        }

        if (payout.Status.Name() == outcome.Outcome)
        {
            return new(ReplyKind.Replayed);
        }

        var answer = new GatewayAnswer(
            outcome.Outcome switch
            {
                "paid" => GatewayAnswerKind.Approved,
                "failed" => GatewayAnswerKind.Declined,
                "returned" => GatewayAnswerKind.Reversed,
                _ => throw new ArgumentException("An outcome is paid, failed or returned.", nameof(outcome)),
            },
            Code: outcome.Outcome == "paid" ? null : "decided_by_operator");
        var reply = await HandleAsync(() => Answer(EvidenceSource.Operator, 0, answer), new(outcome.DecidedBy, outcome.Reason));
        return reply.Kind != ReplyKind.Refused ? reply
            : reply with { Code = reply.Code == IgnoreReason.NotYet.Code() ? "operation_under_way" : "payout_decided" };
    }

    public async Task WakeAsync()
    {
        // Whoever wakes us has read the database; what this memory says may be old.
        if (!(payout?.NextActionAt <= time.Now()))
        {
            await ReloadAsync();
        }

        if (payout?.NextActionAt > time.Now())
        {
            // Timers count whole milliseconds, and may come a little early.
            Schedule();
        }
        else if (payout?.NextActionAt is not null)
        {
            using var trace = Telemetry.IsTraced
                ? Telemetry.Retry(await payouts.TraceAsync(merchantId, payoutId, CancellationToken.None) is { } cause ? [cause] : [])
                : null;
            await HandleAsync(() => new WakePayoutCommand
            {
                Now = time.Now(),
                Bank = banks.Get(payout.Bank).Capabilities,
                ReturnsFor = banks.Get(payout.Bank).ReturnsFor,
                Retries = RetriesOf(payout.Bank),
                Jitter = dice(),
            });
        }
    }

    public async Task<ReplyKind> AnswerAsync(PayoutAnswer answer)
    {
        running = false;
        await KnowItAsync();
        if (payout is null)
        {
            return ReplyKind.Refused;
        }

        var told = answer.ToldAmount is { } minor && Currency.TryParse(answer.ToldCurrency, out var currency) ? new Money(minor, currency) : default(Money?);
        var reply = await HandleAsync(() => Answer(
            EvidenceSource.Attempt, answer.Attempt,
            new(StatusNames.Parse<GatewayAnswerKind>(answer.Kind, StatusNames.Name), answer.Reference, answer.Code, Told: told)));
        return reply.Kind;
    }

    private AnswerPayoutCommand Answer(EvidenceSource source, int attempt, GatewayAnswer answer) => new()
    {
        Source = source,
        Attempt = attempt,
        Answer = answer,
        Now = time.Now(),
        Bank = banks.Get(payout!.Bank).Capabilities,
        ReturnsFor = banks.Get(payout.Bank).ReturnsFor,
        Retries = RetriesOf(payout.Bank),
        Jitter = dice(),
    };

    /// <summary>Decides, and makes the decision durable. A stale version means that another activation was faster: look again, decide again.</summary>
    private async Task<PayoutReply> HandleAsync(Func<PayoutCommand> command, PayoutRuling? ruling = null)
    {
        for (var tries = 0; tries < MaxStaleTries; tries++)
        {
            switch (PayoutStateMachine.Decide(payout, command()))
            {
                case PayoutDecision.Replay:
                    return new(ReplyKind.Replayed);

                case PayoutDecision.Refuse refuse:
                    return new(ReplyKind.Refused, refuse.Reason.Code());

                case PayoutDecision.Ignore ignore:
                    if (ignore.Reason is IgnoreReason.ContradictsFinal or IgnoreReason.AmountMismatch && ruling is null)
                    {
                        Log.BankContradicts(log, this.GetPrimaryKeyString(), ignore.Reason.Code());
                    }

                    Schedule();
                    return new(ReplyKind.Refused, ignore.Reason.Code());

                case PayoutDecision.Accept accept:
                    var result = await CommitAsync(accept.ToCommit(ruling), accept.Entry);
                    switch (result.Verdict)
                    {
                        case CommitVerdict.Committed:
                            Become(accept);
                            if (accept.SaysMore)
                            {
                                continue;
                            }

                            return new(ReplyKind.Accepted);
                        case CommitVerdict.StaleVersion:
                            await ReloadAsync();
                            continue;
                        case CommitVerdict.LimitExceeded:
                            // What took the balance may have been this very request, accepted by another node.
                            await ReloadAsync();
                            if (payout is not null)
                            {
                                continue;
                            }

                            return new(ReplyKind.Refused, "balance_insufficient");
                        case CommitVerdict.Busy:
                            Schedule();
                            return new(ReplyKind.Busy);
                        case CommitVerdict.Unknown:
                            // It may be durable or not: the next activation starts from the database.
                            DeactivateOnIdle();
                            return new(ReplyKind.Unknown);
                        case CommitVerdict.DuplicateEntry or CommitVerdict.Rejected or CommitVerdict.EntryReversed or CommitVerdict.AccountMissing
                            or CommitVerdict.BalanceOutOfRange:
                            DeactivateOnIdle();
                            throw new InvalidOperationException($"The store refuses {accept.Action.Name()}: {result.Verdict} {result.Detail}.");
                    }

                    break;
            }
        }

        return new(ReplyKind.Busy);
    }

    private async Task<CommitResult> CommitAsync(Commit commit, JournalEntry? entry)
    {
        if (entry is null)
        {
            return await store.CommitAsync(commit);
        }

        try
        {
            return await GrainFactory.GetGrain<ILedgerCommits>(GrainKeys.LedgerAccount(entry.Home.ToString())).CommitAsync(commit);
        }
        catch (Exception lost) when (lost is TimeoutException or OrleansException)
        {
            Log.LedgerLost(log, this.GetPrimaryKeyString(), lost.GetType().Name);
            return new(CommitVerdict.Unknown);
        }
    }

    private void Become(PayoutDecision.Accept accept)
    {
        payout = payout?.Version > accept.Next.Version ? payout : accept.Next;
        if (accept.Call is { } call)
        {
            running = true;
            _ = RunAsync(call, accept.Next);
        }

        Schedule();
    }

    /// <summary>Runs a claimed attempt. No turn waits for it: the answer comes back as a turn of its own.</summary>
    private async Task RunAsync(AttemptKind kind, Payout claimed)
    {
        var answer = await AskAsync(kind, claimed);
        var message = new PayoutAnswer(
            claimed.Attempt, answer.Kind.Name(), answer.Reference, answer.Code, answer.Told?.Minor, answer.Told?.Currency.Code);
        try
        {
            while (await this.AsReference<IPayoutAnswers>().AnswerAsync(message) is ReplyKind.Busy or ReplyKind.Unknown)
            {
                await Task.Delay(policy.Retries.After(1, dice()), time);
            }
        }
        catch (Exception lost)
        {
            // The claim ends at next_action_at; then somebody asks the bank again, and gets the same answer.
            Log.AnswerLost(log, this.GetPrimaryKeyString(), claimed.Attempt, lost);
        }
    }

    private async Task<GatewayAnswer> AskAsync(AttemptKind kind, Payout claimed)
    {
        if (time.GetUtcNow() >= claimed.ClaimedAt + RetriesOf(claimed.Bank).Margin)
        {
            // A send that leaves so late could arrive after another has asked, found nothing, and believed it: so it does not leave.
            Log.ClaimExpired(log, this.GetPrimaryKeyString(), claimed.Attempt);
            return new(GatewayAnswerKind.NotSent, Code: GatewayAnswer.ClaimExpired);
        }

        var reference = Ids.Format(Ids.PayoutPrefix, claimed.Id);
        try
        {
            var bank = banks.Get(claimed.Bank);
            return kind == AttemptKind.Query
                ? await bank.QueryAsync(reference, CancellationToken.None)
                : await bank.TransferAsync(
                    new(reference, new(claimed.Amount, claimed.Currency), claimed.Destination, claimed.Holder, claimed.CreatedAt), CancellationToken.None);
        }
        catch (Exception bug)
        {
            // A connection never throws for what happens outside. Whatever this was, the order may have gone out.
            Log.ConnectorThrew(log, claimed.Bank, bug);
            return new(GatewayAnswerKind.Unknown, Code: "connector_error");
        }
    }

    private RetrySchedule RetriesOf(string bank) => banks.Get(bank).Retries ?? policy.Retries;

    // Absent in memory may only mean that another node made it since.
    private Task KnowItAsync() => payout is null ? ReloadAsync() : Task.CompletedTask;

    private async Task ReloadAsync()
    {
        var stored = await payouts.PayoutAsync(merchantId, payoutId, CancellationToken.None);
        if (stored is not null && stored.Version > (payout?.Version ?? 0))
        {
            payout = stored;
            Schedule();
        }
    }

    /// <summary>Soon a timer wakes it; later the grain of the schedule does.</summary>
    private void Schedule()
    {
        timer?.Dispose();
        timer = null;
        if (!running && payout?.NextActionAt is { } due && due - time.GetUtcNow() is var delay && delay <= policy.TimerHorizon)
        {
            timer = this.RegisterGrainTimer(
                static (grain, _) => grain.WakeAsync(), this,
                new() { DueTime = delay < TimeSpan.Zero ? TimeSpan.Zero : delay, Period = Timeout.InfiniteTimeSpan, KeepAlive = true });
        }
    }
}
