using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.Grains;

/// <summary>
/// A payment: load, decide, commit, act. The rules are in <see cref="PaymentStateMachine"/>; this class gives them the stored state, makes
/// their decision durable, and only then calls the processor. It can be active twice: the version in the database lets one of two win.
/// </summary>
[ResourceOptimizedPlacement]
public sealed class PaymentGrain(
    IPaymentStore store, IGatewayDirectory gateways, PaymentPolicy policy, ReminderBudget reminders, TimeProvider time, Dice dice, ILogger<PaymentGrain> log)
    : Grain, IPaymentGrain, IPaymentAnswers, IPaymentNews, IRemindable
{
    private const string WakeReminder = "wake";
    private const int MaxStaleTries = 5;

    // What reminders take; the first tick may come sooner.
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMinutes(1);

    // Operations whose attempt runs on this activation: their answer will come as a turn, so nothing needs to wake for them.
    private readonly HashSet<Guid> running = [];
    private readonly List<TaskCompletionSource> waiting = [];
    private string merchantId = "";
    private Guid paymentId;
    private Payment? payment;
    private IGrainTimer? timer;
    private bool hasReminder;
    private bool mayBeOld;

    // Loads nothing: most payments are activated to be made, and that none is there yet is found by the commit that makes it.
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (merchantId, paymentId) = GrainKeys.ParsePayment(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        ReleaseWaiting();
        return Task.CompletedTask;
    }

    public async Task<PaymentReply> ChargeAsync(ChargeRequest request)
    {
        if (request.FirstMistake() is { } mistake)
        {
            return Refused(mistake);
        }

        if (await store.MerchantAsync(merchantId, CancellationToken.None) is not { } merchant)
        {
            return Refused("merchant_not_found");
        }

        var mode = StatusNames.Parse<Mode>(merchant.Mode, ModeNames.Name);
        var amount = new Money(request.Amount, Currency.Of(request.Currency));
        var routes = RoutesOf();
        if (routes.IsEmpty)
        {
            // A payment that is there keeps its own.
            await ReloadAsync();
            routes = RoutesOf();
        }

        return routes.IsEmpty ? Refused("no_processor") : await HandleAsync(Ids.Charge(paymentId), async () => new ChargeCommand
        {
            MerchantId = merchantId,
            PaymentId = paymentId,
            Mode = mode,
            Amount = amount,
            Fee = Terms((await store.MerchantAsync(merchantId, CancellationToken.None))!),
            Routes = routes,
            ReturnUrl = request.ReturnUrl,
            PaymentMethod = request.PaymentMethod,
            Reference = request.Reference,
            Description = request.Description,
            Customer = request.Customer,
            StatementDescriptor = request.StatementDescriptor,
            Capture = StatusNames.Parse<CaptureMode>(request.Capture, CaptureModeNames.Name),
            Metadata = request.Metadata,
            Fingerprint = Fingerprint.Of(
                ("amount", $"{request.Amount}"), ("currency", request.Currency), ("payment_method", request.PaymentMethod),
                ("reference", request.Reference), ("description", request.Description),
                ("capture", request.Capture == CaptureMode.Automatic.Name() ? null : request.Capture), ("customer", request.Customer),
                ("statement_descriptor", request.StatementDescriptor), ("metadata", request.Metadata.ToJson()), ("return_url", request.ReturnUrl)),
            Now = time.Now(),
            Gateway = gateways.Get(routes[0]).Capabilities,
            Retries = RetriesOf(routes[0]),
            Jitter = dice(),
        });

        ImmutableArray<string> RoutesOf() => payment?.Routes ?? gateways.Route(new(mode, merchantId, amount, request.PaymentMethod));
    }

    public Task<PaymentReply> CaptureAsync(CaptureRequest request) =>
        OpenAsync(request.FirstMistake(), request.CaptureId, gateway => new CaptureCommand
        {
            OperationId = request.CaptureId,
            Amount = request.Amount,
            IsFinal = request.IsFinal,
            Metadata = request.Metadata,
            Fingerprint = Fingerprint.Of(
                ("amount", request.Amount?.ToString()), ("final", request.IsFinal ? null : "false"), ("metadata", request.Metadata.ToJson())),
            Now = time.Now(),
            Gateway = gateway.Capabilities,
            Retries = RetriesOf(gateway.Name),
            Jitter = dice(),
        });

    public Task<PaymentReply> CancelAsync(CancelRequest request) =>
        OpenAsync(request.FirstMistake(), request.CancellationId, gateway => new CancelCommand
        {
            OperationId = request.CancellationId,
            Reason = request.Reason,
            Metadata = request.Metadata,
            Fingerprint = Fingerprint.Of(("reason", request.Reason), ("metadata", request.Metadata.ToJson())),
            Now = time.Now(),
            Gateway = gateway.Capabilities,
            Retries = RetriesOf(gateway.Name),
            Jitter = dice(),
        });

    public Task<PaymentReply> RefundAsync(RefundRequest request) =>
        OpenAsync(request.FirstMistake(), request.RefundId, gateway => new RefundCommand
        {
            OperationId = request.RefundId,
            Amount = request.Amount,
            Reason = request.Reason,
            Metadata = request.Metadata,
            Fingerprint = Fingerprint.Of(("amount", request.Amount?.ToString()), ("reason", request.Reason), ("metadata", request.Metadata.ToJson())),
            Now = time.Now(),
            Gateway = gateway.Capabilities,
            Retries = RetriesOf(gateway.Name),
            Jitter = dice(),
        });

    public async Task<PaymentReply> GetAsync()
    {
        await ReloadAsync();
        return Find(null) is { } charge ? Reply(ReplyKind.Accepted, charge) : Refused(Refusal.PaymentNotFound.Code());
    }

    public async Task<PaymentReply> WaitAsync(Guid? operationId, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (Find(operationId) is null)
        {
            // Absent in memory may only mean that another node accepted it since.
            await ReloadAsync();
        }

        var deadline = time.GetUtcNow() + patience;
        while (Find(operationId) is { IsFinal: false } operation && !WaitsForCustomer(operation) && deadline - time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            if (!await ChangesWithinAsync(left < policy.WaitPoll ? left : policy.WaitPoll, cancellationToken) && !running.Contains(operation.Id))
            {
                // Whoever runs the attempt is elsewhere: the database knows when it is done.
                await ReloadAsync();
            }
        }

        return Find(operationId) is { } found ? Reply(ReplyKind.Accepted, found) : Refused(Refusal.PaymentNotFound.Code());
    }

    public async Task WakeAsync()
    {
        // Whoever wakes us has read the database; what this memory says may be old, and must not turn a due payment away.
        if (!(payment?.NextActionAt <= time.Now()))
        {
            await ReloadAsync();
        }

        using var trace = payment?.NextActionAt <= time.Now() && Telemetry.IsTraced
            ? Telemetry.Retry(await store.TracesAsync(merchantId, paymentId, CancellationToken.None))
            : null;

        // One claim a commit; several refunds may be due, each of them once.
        for (var open = payment?.Operations.Length ?? 0; open > 0 && payment?.NextActionAt <= time.Now(); open--)
        {
            var reply = await HandleAsync(payment.Charge.Id, () => Wake(isHurried: false));
            if (reply.Kind != ReplyKind.Accepted)
            {
                // Too much is waiting, or nobody knows: come back later instead of adding to it.
                Schedule(atLeast: policy.Retries.After(2, dice()));
                return;
            }
        }

        Schedule();
    }

    public async Task<PaymentReply> RefreshAsync()
    {
        await ReloadAsync();
        if (payment is null)
        {
            return Refused(Refusal.PaymentNotFound.Code());
        }

        if (payment.HasOpen(_ => true))
        {
            var reply = await HandleAsync(payment.Charge.Id, () => Wake(isHurried: true));
            if (reply.Kind is ReplyKind.Busy or ReplyKind.Unknown)
            {
                return reply;
            }
        }

        return Reply(ReplyKind.Accepted, payment.Charge);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        hasReminder = true;
        return WakeAsync();
    }

    public async Task<ReplyKind> AnswerAsync(AttemptAnswer answer)
    {
        running.Remove(answer.OperationId);
        await KnowItAsync();
        if (payment is null)
        {
            return ReplyKind.Refused;
        }

        var reply = await HandleAsync(answer.OperationId, () => new AnswerCommand
        {
            OperationId = answer.OperationId,
            Attempt = answer.Attempt,
            From = answer.Gateway,
            Answer = new GatewayAnswer(
                StatusNames.Parse<GatewayAnswerKind>(answer.Kind, StatusNames.Name), answer.Reference, answer.Code, answer.AuthorizedUntil,
                Told(answer.ToldAmount, answer.ToldCurrency), answer.ActionUrl, answer.IsRetryable),
            Now = time.Now(),
            Gateway = gateways.Get(payment.Gateway).Capabilities,
            Retries = RetriesOf(payment.Gateway),
            Jitter = dice(),
        });
        return reply.Kind;
    }

    public async Task<PaymentReply> HearAsync(Hearing hearing)
    {
        await KnowItAsync();
        if (payment is null)
        {
            return Refused(IgnoreReason.UnknownOperation.Code());
        }

        var reply = await HandleAsync(hearing.OperationId, Understand(hearing), hearing.Evidence);
        if (reply.Code == IgnoreReason.NotYet.Code())
        {
            // It may be that the processor would tell us by now what this depends on.
            await HandleAsync(payment.Charge.Id, () => Wake(isHurried: true));
        }

        return reply;
    }

    private Func<PaymentCommand> Understand(Hearing hearing)
    {
        var news = hearing.News;
        var isNotice = news.Kind is "dispute" or "dispute_won" or "dispute_lost";
        return isNotice
            ? () => new NoticeCommand
            {
                Notice = StatusNames.Parse<OperationKind>(news.Kind!, StatusNames.Name),
                From = news.Gateway,
                About = hearing.OperationId,
                DisputeReference = news.Reference ?? "",
                Amount = Told(news.Amount, news.Currency) ?? new Money(0, payment!.Currency),
                Fee = news.Fee,
                Kept = news.Kept,
                Code = news.Code,
                Now = time.Now(),
                Gateway = gateways.Get(payment!.Gateway).Capabilities,
                Retries = RetriesOf(payment.Gateway),
                Jitter = dice(),
            }
            : () => new AnswerCommand
            {
                Source = hearing.Evidence.Source == EvidenceSources.Operator ? EvidenceSource.Operator : EvidenceSource.Webhook,
                OperationId = hearing.OperationId,
                Attempt = 0,
                From = news.Gateway,
                Answer = new(
                    StatusNames.Parse<GatewayAnswerKind>(news.Kind!, StatusNames.Name), news.Reference, news.Code, news.AuthorizedUntil,
                    Told(news.Amount, news.Currency), news.ActionUrl, news.IsRetryable),
                Now = time.Now(),
                Gateway = gateways.Get(payment!.Gateway).Capabilities,
                Retries = RetriesOf(payment.Gateway),
                Jitter = dice(),
            };
    }

    private WakeCommand Wake(bool isHurried) => new()
    {
        IsHurried = isHurried,
        Now = time.Now(),
        Gateway = gateways.Get(payment!.Gateway).Capabilities,
        Retries = RetriesOf(payment.Gateway),
        Jitter = dice(),
    };

    private RetrySchedule RetriesOf(string gateway) => gateways.Get(gateway).Retries ?? policy.Retries;

    private static FeeTerms Terms(MerchantRow merchant) => new(merchant.FeeBasisPoints, merchant.FeeFixed, merchant.FeeReturnedOnRefund);

    private static Money? Told(long? amount, string? currency) =>
        amount is { } minor && Currency.TryParse(currency, out var known) ? new Money(minor, known) : null;

    // What is asked of a payment that must be there already.
    private async Task<PaymentReply> OpenAsync(Mistake? mistake, Guid operationId, Func<IPaymentGateway, PaymentCommand> command)
    {
        if (mistake is not null)
        {
            return Refused(mistake);
        }

        await KnowItAsync();
        return payment is null
            ? Refused(Refusal.PaymentNotFound.Code())
            : await HandleAsync(operationId, () => command(gateways.Get(payment.Gateway)));
    }

    /// <summary>Decides, and makes the decision durable. A stale version means that another activation was faster: look again, decide again.</summary>
    /// <param name="evidence">What of the inbox it comes from, if it does.</param>
    private Task<PaymentReply> HandleAsync(Guid operationId, Func<PaymentCommand> command, EvidenceId? evidence = null) =>
        HandleAsync(operationId, () => ValueTask.FromResult(command()), evidence);

    private async Task<PaymentReply> HandleAsync(Guid operationId, Func<ValueTask<PaymentCommand>> command, EvidenceId? evidence = null)
    {
        var reread = false;
        PaymentCommand? wanted = null;
        for (var tries = 0; tries < MaxStaleTries; tries++)
        {
            // Before the payment is looked at: whoever reads may load a later version meanwhile.
            wanted = await command();
            switch (PaymentStateMachine.Decide(payment, wanted))
            {
                case Decision.Replay replay:
                    return Reply(ReplyKind.Replayed, replay.Operation);

                case Decision.Refuse or Decision.Ignore { Reason: not (IgnoreReason.NotDue or IgnoreReason.AlreadyFinal) } when !reread:
                    // Another node may know more: nothing is refused from memory alone.
                    reread = true;
                    await ReloadAsync();
                    continue;

                case Decision.Refuse refuse:
                    return Reply(ReplyKind.Refused, Find(operationId)) with { Code = refuse.Reason.Code() };

                case Decision.Ignore ignore:
                    if (ignore.Reason == IgnoreReason.ContradictsFinal)
                    {
                        Log.Contradiction(log, this.GetPrimaryKeyString(), operationId);
                    }

                    return Reply(ReplyKind.Refused, Find(operationId)) with { Code = ignore.Reason.Code() };

                case Decision.Accept accept:
                    var result = await CommitAsync(accept, accept.SaysMore ? null : evidence);
                    switch (result.Verdict)
                    {
                        case CommitVerdict.Committed:
                            Become(accept);
                            if (accept.SaysMore)
                            {
                                continue;
                            }

                            return Reply(ReplyKind.Accepted, Find(accept.Changed.Id));
                        case CommitVerdict.StaleVersion:
                            await ReloadAsync();
                            continue;
                        case CommitVerdict.LimitExceeded:
                            // What took the balance may have been this very request, accepted by another node.
                            await ReloadAsync();
                            if (payment?.Version >= accept.Next.Version)
                            {
                                continue;
                            }

                            return Reply(ReplyKind.Refused, null) with { Code = "balance_insufficient" };
                        case CommitVerdict.Busy:
                            // That says that nothing is stored, and what is asked for may be: by an earlier try, of which this activation does not know.
                            var known = payment?.Version;
                            if (IsRequest(wanted))
                            {
                                await ReloadAsync();
                            }

                            if (payment?.Version != known)
                            {
                                continue;
                            }

                            return Reply(ReplyKind.Busy, null);
                        case CommitVerdict.Unknown:
                            // It may be durable or not: what is remembered may be old.
                            mayBeOld = true;
                            return new() { Kind = ReplyKind.Unknown };
                        case CommitVerdict.DuplicateEntry or CommitVerdict.Rejected or CommitVerdict.EntryReversed or CommitVerdict.AccountMissing
                            or CommitVerdict.BalanceOutOfRange:
                            DeactivateOnIdle();
                            throw new InvalidOperationException($"The store refuses {accept.Audit.Name()}: {result.Verdict} {result.Detail}.");
                    }

                    break;
            }
        }

        // So many others at once: nothing was stored by us, and perhaps by them. What is due stays due.
        return Reply(IsRequest(wanted) && Find(operationId) is not null ? ReplyKind.Unknown : ReplyKind.Busy, null);
    }

    private static bool IsRequest(PaymentCommand? command) => command is ChargeCommand or CaptureCommand or CancelCommand or RefundCommand;

    private async Task<CommitResult> CommitAsync(Decision.Accept accept, EvidenceId? evidence)
    {
        var commit = accept.ToCommit() with { Evidence = evidence };
        if (accept.Entry is not { } entry)
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

    private void Become(Decision.Accept accept)
    {
        if (accept.Changed.IsFinal && payment?.Find(accept.Changed.Id) is not { IsFinal: true })
        {
            Telemetry.Ended(accept.Next, accept.Changed);
        }

        // Somebody who reads may have loaded a later version while this one's commit was on its way back.
        payment = payment?.Version > accept.Next.Version ? payment : accept.Next;
        if (accept.Call is { } call)
        {
            running.Add(call.Operation.Id);
            Telemetry.Claimed(call);
            _ = RunAsync(call);
        }

        if (accept.Changed.IsFinal || accept.Next.Status == PaymentStatus.RequiresAction)
        {
            ReleaseWaiting();
        }

        if (accept.Next.NextActionAt is null && !hasReminder)
        {
            // Nothing more happens by itself, and most payments are never asked of again: each that stays would be looked at by every garbage collection.
            DeactivateOnIdle();
        }

        Schedule();
    }

    /// <summary>Runs a claimed attempt. No turn waits for it: the answer comes back as a turn of its own.</summary>
    private async Task RunAsync(GatewayCall call)
    {
        var answer = await AskAsync(call);
        var message = new AttemptAnswer(
            call.Operation.Id, call.Operation.Attempt, answer.Kind.Name(), answer.Reference, answer.Code, answer.AuthorizedUntil, call.Payment.Gateway,
            answer.Told?.Minor, answer.Told?.Currency.Code, answer.ActionUrl, answer.IsRetryable);
        try
        {
            // Where it is not known whether the answer is stored, as while the node of a ledger account is lost, the same once more does no harm.
            while (await this.AsReference<IPaymentAnswers>().AnswerAsync(message) is ReplyKind.Busy or ReplyKind.Unknown)
            {
                await Task.Delay(policy.Retries.After(1, dice()), time);
            }
        }
        catch (Exception lost)
        {
            // The claim ends at next_action_at; then somebody asks the processor again, and gets the same answer.
            Log.AnswerLost(log, this.GetPrimaryKeyString(), call.Operation.Attempt, lost);
        }
    }

    private async Task<GatewayAnswer> AskAsync(GatewayCall call)
    {
        if (time.GetUtcNow() >= call.Operation.ClaimedAt + RetriesOf(call.Payment.Gateway).Margin)
        {
            // This node slept, or its commit took long. A send that leaves so late could arrive after another has asked, found nothing, and
            // believed it, or after the processor has forgotten the key: so it does not leave.
            Log.ClaimExpired(log, this.GetPrimaryKeyString(), call.Operation.Attempt);
            return new(GatewayAnswerKind.NotSent, Code: GatewayAnswer.ClaimExpired);
        }

        try
        {
            var gateway = gateways.Get(call.Payment.Gateway);
            return call.Kind == AttemptKind.Query
                ? await gateway.QueryAsync(
                    new(call.Operation.Kind, call.Reference, call.Operation.FirstSentAt, call.Operation.ProcessorReference, call.Payment.Charge.ProcessorReference),
                    CancellationToken.None)
                : await SendAsync(gateway, call);
        }
        catch (Exception bug)
        {
            // A connector never throws for what happens outside. Whatever this was, the request may have gone out.
            Log.ConnectorThrew(log, call.Payment.Gateway, bug);
            return new(GatewayAnswerKind.Unknown, Code: "connector_error");
        }
    }

    private static Task<GatewayAnswer> SendAsync(IPaymentGateway gateway, GatewayCall call)
    {
        var (payment, operation, reference) = (call.Payment, call.Operation, call.Reference);
        var amount = new Money(operation.Amount, payment.Currency);
        var begun = payment.Charge.ProcessorReference ?? "";
        var order = new ChargeOrder(reference, reference, amount, payment.PaymentMethod, payment.StatementDescriptor, payment.ReturnUrl);
        return operation.Kind switch
        {
            OperationKind.Charge => gateway.ChargeAsync(order, CancellationToken.None),
            OperationKind.Authorize => gateway.AuthorizeAsync(order, CancellationToken.None),
            OperationKind.Capture => gateway.CaptureAsync(new(reference, reference, amount, operation.IsFinalCapture, begun), CancellationToken.None),
            OperationKind.Void => gateway.VoidAsync(new(reference, reference, begun), CancellationToken.None),
            OperationKind.Refund => gateway.RefundAsync(
                new(reference, reference, amount, Ids.ProcessorReference(payment.Charge.Id), begun), CancellationToken.None),
            OperationKind.Dispute or OperationKind.DisputeWon or OperationKind.DisputeLost or OperationKind.RefundFailure =>
                throw new InvalidOperationException($"{operation.Kind} is nothing that we ask for."),
        };
    }

    // Absent in memory may only mean that another node made it since.
    private Task KnowItAsync() => payment is null || mayBeOld ? ReloadAsync() : Task.CompletedTask;

    private async Task ReloadAsync()
    {
        var stored = await store.LoadAsync(merchantId, paymentId, CancellationToken.None);
        mayBeOld = false;
        if (stored is not null && stored.Version > (payment?.Version ?? 0))
        {
            payment = stored;
            ReleaseWaiting();
            Schedule();
        }
    }

    /// <summary>Sees to it that somebody wakes this payment when its next action is due: soon a timer, later a reminder, at worst the recovery.</summary>
    private void Schedule(TimeSpan atLeast = default)
    {
        timer?.Dispose();
        timer = null;
        var next = payment is { } known && known.HasOpen(_ => true)
            ? known.Operations.Where(operation => !running.Contains(operation.Id)).Min(operation => operation.NextActionAt)
            : payment?.NextActionAt;
        if (next is { } due)
        {
            var delay = due - time.GetUtcNow();
            delay = delay < atLeast ? atLeast : delay;
            if (delay <= policy.TimerHorizon)
            {
                timer = this.RegisterGrainTimer(
                    static (grain, _) => grain.WakeAsync(), this,
                    new() { DueTime = delay, Period = Timeout.InfiniteTimeSpan, KeepAlive = true });
            }
            else if (!hasReminder && reminders.TryTake())
            {
                hasReminder = true;
                _ = RemindAsync(delay * (1 + dice() / 4));
            }
        }
        else if (hasReminder && payment?.NextActionAt is null)
        {
            hasReminder = false;
            _ = ForgetAsync();
        }
    }

    private async Task RemindAsync(TimeSpan delay)
    {
        try
        {
            await this.RegisterOrUpdateReminder(WakeReminder, delay, delay < ShortestPeriod ? ShortestPeriod : delay);
        }
        catch (Exception lost)
        {
            hasReminder = false;
            Log.ReminderLost(log, this.GetPrimaryKeyString(), lost);
        }
    }

    private async Task ForgetAsync()
    {
        try
        {
            if (await this.GetReminder(WakeReminder) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception lost)
        {
            Log.ReminderLost(log, this.GetPrimaryKeyString(), lost);
        }
    }

    private async Task<bool> ChangesWithinAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var changed = new TaskCompletionSource();
        waiting.Add(changed);
        try
        {
            // Timers count whole milliseconds: to wait for a part of one would be not to wait, again and again.
            await changed.Task.WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(patience.TotalMilliseconds)), time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            waiting.Remove(changed);
        }
    }

    private void ReleaseWaiting()
    {
        foreach (var waiter in waiting.ToArray())
        {
            waiter.TrySetResult();
        }
    }

    // As long as the customer takes, and not for us to wait for; but for the processor, where it is being asked what the customer did.
    private bool WaitsForCustomer(Operation operation) =>
        payment is { Status: PaymentStatus.RequiresAction } && operation.Id == payment.Charge.Id && !running.Contains(operation.Id);

    private Operation? Find(Guid? operationId) => payment?.Find(operationId ?? Ids.Charge(paymentId));

    private static PaymentReply Refused(string code) => new() { Kind = ReplyKind.Refused, Code = code };

    private static PaymentReply Refused(Mistake mistake) => Refused("field_invalid") with { Field = mistake.Field, Rule = mistake.Rule };

    private PaymentReply Reply(ReplyKind kind, Operation? operation) => new()
    {
        Kind = kind,
        Payment = payment is null ? null : PaymentView.Of(payment),
        Operation = payment is null || operation is null ? null : OperationView.Of(payment, operation),
    };
}
