using Payments.Domain;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>An operation as the checker knows it: who claimed which attempt, and what became of it.</summary>
internal sealed class KnownOperation(string reference)
{
    public string Reference => reference;
    public Operation? Latest { get; set; }
    public List<Claim> Claims { get; } = [];
    public int Effects { get; set; }

    /// <summary>The node that has an answer which it has not stored.</summary>
    public string? AnsweredAt { get; set; }
}

/// <summary>The right to make one attempt, once.</summary>
internal sealed class Claim(int attempt, AttemptKind kind, string node, DateTimeOffset leaves, DateTimeOffset ends)
{
    public int Attempt => attempt;
    public AttemptKind Kind => kind;
    public string Node => node;
    /// <summary>What leaves later may arrive after it has been taken for never made.</summary>
    public DateTimeOffset LeavesBy => leaves;

    public DateTimeOffset Ends => ends;
    public bool IsUsed { get; set; }
}

/// <summary>
/// Holds everything that is stored, sent and answered against the promises I1 to I9, at the instant at which it happens. It knows the
/// promises, and not how the system keeps them.
/// </summary>
internal sealed class Checker
{
    // By so much two clocks may differ: what one node calls over may not be over for another.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(2);

    private const int BatchesBetweenReports = 3;

    private readonly World world;
    private readonly SimulatedDatabase database;
    private readonly Counters counters;
    private readonly Action<string> onNews;
    private readonly Dictionary<string, KnownOperation> operations = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, Guid), (List<Payment> Versions, string Node)> payments = [];
    private readonly Dictionary<string, long> events = new(StringComparer.Ordinal);
    private IReadOnlyList<SimulatedProcessor> processors = [];
    private SimulatedWebhooks? webhooks;
    private int batches;

    /// <param name="onNews">Is told which node has just stored or heard something.</param>
    public Checker(World world, SimulatedDatabase database, Counters counters, Action<string> onNews)
    {
        (this.world, this.database, this.counters, this.onNews) = (world, database, counters, onNews);
        Books = new(world, database.Accounts);
    }

    public NaiveBooks Books { get; }

    /// <summary>Everything that was ever committed, in order: what a differential test replays.</summary>
    public List<(Commit Commit, CommitResult Result)>? Recording { get; set; }

    /// <summary>All versions of a payment, the first one first; empty when there is none.</summary>
    public IReadOnlyList<Payment> Versions(string merchantId, Guid id) => payments.TryGetValue((merchantId, id), out var known) ? known.Versions : [];

    public void Watch(IReadOnlyList<SimulatedProcessor> watched, SimulatedWebhooks watchedWebhooks) => (processors, webhooks) = (watched, watchedWebhooks);

    /// <summary>A batch was written.</summary>
    public void Written(string node, bool nodeLives, IReadOnlyList<Commit> commits, JudgedBatch judged)
    {
        var writes = 0;
        for (var i = 0; i < commits.Count; i++)
        {
            var (commit, result) = (commits[i], judged.Results[i]);
            Recording?.Add((commit, result));
            world.Trace?.Add($"{node} commits {Describe(commit)}: {result.Verdict}");
            switch (result.Verdict)
            {
                case CommitVerdict.Committed:
                    Committed(node, nodeLives, judged.Writes[writes++]);
                    break;
                case CommitVerdict.StaleVersion:
                    counters.Add(Rare.StaleVersion);
                    if (IsClaim(commit) && Known(commit.Operation!.Id).Claims is [.., var winner] && winner.Attempt == commit.Operation.Attempt && winner.Node != node)
                    {
                        counters.Add(Rare.SendingRace);
                    }

                    break;
                case CommitVerdict.Rejected:
                    world.Break("I9", $"the database rejects {commit.Action}: {result.Detail}");
                    break;
            }
        }

        // Somebody makes a report just now: what it says must be so for ever.
        if (++batches % BatchesBetweenReports == 0)
        {
            database.Fix(world.Now);
        }

        onNews(node);
    }

    /// <summary>A node is about to send or to ask.</summary>
    public void Attempt(string node, string reference, AttemptKind kind)
    {
        world.Trace?.Add($"{node} {(kind == AttemptKind.Send ? "sends" : "asks for")} {reference}");
        var claim = operations.GetValueOrDefault(reference)?.Claims.FindLast(claim => claim.Node == node && claim.Kind == kind && !claim.IsUsed);
        if (claim is null)
        {
            world.Break("I1", $"{node} {(kind == AttemptKind.Send ? "sends" : "asks for")} {reference} without a claim of its own that is stored");
        }
        else if (world.Now > claim.LeavesBy + Skew)
        {
            world.Break("I1", $"{node} makes attempt {claim.Attempt} of {reference} later than absence is counted from");
        }
        else
        {
            claim.IsUsed = true;
        }
    }

    /// <summary>A node has an answer.</summary>
    public void Answered(string node, string reference, GatewayAnswer answer)
    {
        world.Trace?.Add($"{node} hears of {reference}: {answer.Kind} {answer.Code}");
        if (operations.TryGetValue(reference, out var operation))
        {
            operation.AnsweredAt = node;
            if (operation.Claims is [.., var latest] && (latest.Node != node || world.Now > latest.Ends))
            {
                counters.Add(Rare.LateGatewayAnswer);
            }
        }

        onNews(node);
    }

    /// <summary>Money moved.</summary>
    public void Effect(string reference)
    {
        if (!operations.TryGetValue(reference, out var operation) || operation.Latest is null)
        {
            world.Break("I1", $"the processor did {reference}, which nobody stored");
        }
        else if (++operation.Effects > 1)
        {
            world.Break("I1", $"the processor did {reference} {operation.Effects} times");
        }
        else if (operation.Latest.Status is OperationStatus.Declined or OperationStatus.Failed)
        {
            world.Break("I6", $"the processor did {reference}, which we had called {operation.Latest.Status}");
        }
    }

    /// <summary>What a dying node leaves undone is what the rest must pick up.</summary>
    public void Crashed(string node)
    {
        foreach (var operation in operations.Values)
        {
            if (operation.Latest is { IsFinal: false } && operation.Claims is [.., { IsUsed: false } claim] && claim.Node == node)
            {
                counters.Add(Rare.CrashBetweenClaimAndSend);
            }

            if (operation.AnsweredAt == node)
            {
                operation.AnsweredAt = null;
                counters.Add(Rare.CrashBetweenAnswerAndCommit);
            }
        }
    }

    /// <summary>Whether nothing is open that could still be decided.</summary>
    public bool IsQuiet() => database.Payments.TrueForAll(payment => payment.Row.NextActionAt is null) && database.Inbox.All(stored => stored.NextTryAt is null);

    /// <summary>What keeps a run from coming to rest, for people.</summary>
    public string WhatIsOpen() => string.Join(", ", [
        .. database.Payments.Where(payment => payment.Row.NextActionAt is not null).Select(payment => $"{Name(payment.Payment)} is {payment.Row.Status} until {payment.Row.NextActionAt:T}"),
        .. database.Inbox.Where(stored => stored.NextTryAt is not null).Select(stored => $"{stored.Event.Id.EventId} is {stored.Event.Reason ?? "not tried"}")]);

    /// <summary>What only people can decide, with what they find in the processor's books.</summary>
    public IEnumerable<NewsRow> WaitingForPeople(GatewayCapabilities gateway) =>
        from stored in database.Payments
        from operation in stored.Payment.Operations
        where !operation.IsFinal && WaitsForPeople(operation, gateway) && (operation.Answer is not null || operation.NextActionAt <= world.Now)
        let found = processors.Select(processor => processor.Query(Ids.ProcessorReference(operation.Id)).Kind).ToArray()
        where !found.Any(kind => kind is GatewayAnswerKind.Pending or GatewayAnswerKind.RequiresAction)
        let isDone = found.Any(kind => kind is GatewayAnswerKind.Approved or GatewayAnswerKind.Reversed)
        select new NewsRow
        {
            Kind = (isDone ? GatewayAnswerKind.Approved : GatewayAnswerKind.Declined).Name(),
            Gateway = stored.Row.Gateway,
            OperationId = operation.Id,
            Code = "operator_decision",
        };

    /// <summary>What holds once everything has come to rest.</summary>
    public void CheckEnd()
    {
        foreach (var payment in database.Payments)
        {
            foreach (var operation in payment.Payment.Operations)
            {
                var known = Known(operation.Id);
                if (!operation.IsFinal)
                {
                    world.Break("I6", $"{known.Reference} is still {operation.Outcome} long after everything works again");
                }
                else if (!operation.Kind.IsNotice() && (operation.Status == OperationStatus.Succeeded) != (known.Effects == 1))
                {
                    world.Break("I1", $"{known.Reference} is {operation.Status}, and the processor did it {known.Effects} times");
                }
            }
        }

        foreach (var stored in database.Inbox)
        {
            CheckEvidence(stored);
        }

        Books.CheckEnd();
    }

    // Nothing that was told may be lost, and only what is wrong may be left to people.
    private void CheckEvidence(StoredEvidence stored)
    {
        var (id, state, reason) = (stored.Event.Id, stored.Event.State, stored.Event.Reason);
        var mayBe = webhooks!.Wrong.Contains(id) ? state is InboxState.Flagged : state is InboxState.Applied or InboxState.NothingNew;
        if (!mayBe)
        {
            world.Break("I6", $"event {id.EventId} of {id.Source} ({stored.Event.News.Kind}) is {state} {reason}");
        }

        if (state == InboxState.Flagged)
        {
            counters.Add(Rare.EvidenceFlagged);
        }

        if (state == InboxState.NothingNew && stored.Event.News is { Kind: "dispute_won" or "dispute_lost" or "reversed", OperationId: { } operation } news && !IsRecorded(operation, news))
        {
            world.Break("I8", $"{news.Kind} of {Ids.ProcessorReference(operation)} was told, and is nowhere recorded");
        }
    }

    private bool IsRecorded(Guid operationId, NewsRow news) =>
        database.Place(operationId) is { } place && database.Payment(place.MerchantId, place.PaymentId) is { } payment && (news.Kind == "reversed"
            ? payment.Payment.Find(Ids.RefundFailure(operationId)) is not null
            : payment.Payment.Find(Ids.DisputeEnd(Ids.Dispute(place.PaymentId, news.Gateway, news.Reference!)))?.Kind.Name() == news.Kind);

    // Neither can it be asked about nor may it be sent again: only evidence from elsewhere decides it.
    private bool WaitsForPeople(Operation operation, GatewayCapabilities gateway) => !gateway.CanQuery && operation.Outcome == Outcome.Unknown
        && (gateway.SafeKeyLife is not { } life || world.Now + SimulatedNode.Retries.Margin + gateway.AbsenceFinalAfter >= operation.FirstSentAt + life);

    private void Committed(string node, bool nodeLives, JudgedCommit write)
    {
        var commit = write.Commit;
        if (commit.Entry is not null && write.PostedAt <= database.FixedUntil)
        {
            world.Break("I2", $"{commit.Action} is posted at {write.PostedAt:HH:mm:ss.ffffff}, and a report as of {database.FixedUntil:HH:mm:ss.ffffff} was made before");
        }
        else if (commit.Entry is not null && write.PostedAt > world.Now)
        {
            counters.Add(Rare.PostedBehindAReport);
        }

        if (commit is not { Payment: { } row, Operation: { } changed })
        {
            Books.Posted(write, null, null);
            return;
        }

        var key = (row.MerchantId, row.Id);
        var after = database.Payment(row.MerchantId, row.Id)!.Payment;
        var (versions, latest) = payments.TryGetValue(key, out var known) ? known : ([], node);
        var before = versions is [.., var last] ? last : null;
        if (latest != node && nodeLives)
        {
            counters.Add(Rare.DuplicateActivation);
        }

        CheckSequences(write, before, after);
        CheckTransition(before, after, Known(changed.Id), node, commit);
        CheckSums(after);
        Books.Posted(write, before, after);
        versions.Add(after);
        payments[key] = (versions, node);
        Count(commit);
    }

    private void CheckSequences(JudgedCommit write, Payment? before, Payment after)
    {
        if (after.Version != (before?.Version ?? 0) + 1)
        {
            world.Break("I8", $"version {after.Version} of {Name(after)} follows version {before?.Version ?? 0}");
        }

        if (write.FirstEventSeq != events.GetValueOrDefault(after.MerchantId) + 1)
        {
            world.Break("I8", $"event {write.FirstEventSeq} of {after.MerchantId} follows event {events.GetValueOrDefault(after.MerchantId)}");
        }

        events[after.MerchantId] = write.FirstEventSeq - 1 + write.Commit.Events.Length;
    }

    private void CheckTransition(Payment? before, Payment after, KnownOperation known, string node, Commit commit)
    {
        var allowed = before?.Status switch
        {
            null => after.Status == PaymentStatus.Processing,
            PaymentStatus.Processing or PaymentStatus.RequiresAction => after.Status != PaymentStatus.Canceled,
            PaymentStatus.Authorized => after.Status is PaymentStatus.Authorized or PaymentStatus.Succeeded or PaymentStatus.Canceled,
            var final => after.Status == final,
        };
        if (before is not null && before.Gateway != after.Gateway && (known.Latest?.Outcome == Outcome.Unknown && commit.Operation!.Answer is not ("declined" or "not_sent" or "not_found")))
        {
            world.Break("I1", $"{Name(after)} goes on to {after.Gateway} while its outcome is unknown at {before.Gateway}");
        }

        if (!allowed)
        {
            world.Break("I3", $"{Name(after)} went from {before?.Status} to {after.Status}");
        }

        for (var i = 0; i < (before?.Operations.Length ?? 0); i++)
        {
            var (was, isNow) = (before!.Operations[i], after.Operations.Length > i ? after.Operations[i] : null);
            if (isNow is null || was.Id != isNow.Id || was.Kind != isNow.Kind || was.Amount != isNow.Amount || (was.IsFinal && was.Status != isNow.Status))
            {
                world.Break("I3", $"{Name(after)}: its {was.Kind} of {was.Amount} ({was.Status}) became a {isNow?.Kind} of {isNow?.Amount} ({isNow?.Status})");
            }
        }

        var operation = after.Find(commit.Operation!.Id)!;
        if (commit.Evidence is not null && known.Latest is { IsFinal: false, Answer: null })
        {
            counters.Add(Rare.WebhookBeforeAnswer);
        }

        if (IsClaim(commit))
        {
            // An attempt that is still on its way keeps everybody else away.
            if (known.Latest is { IsFinal: false, Answer: null, NextActionAt: { } ends } && ends > world.Now + Skew)
            {
                world.Break("I1", $"{node} claims attempt {operation.Attempt} of {known.Reference} while attempt {known.Latest.Attempt} is under way");
            }

            known.Claims.Add(new(operation.Attempt, operation.AttemptKind, node, operation.ClaimedAt + SimulatedNode.Retries.Margin, operation.NextActionAt!.Value));
        }
        else
        {
            known.AnsweredAt = known.AnsweredAt == node ? null : known.AnsweredAt;
        }

        if (operation.IsFinal && known.Latest?.IsFinal != true)
        {
            CheckEvidence(operation, known.Reference, after.Gateway, commit.Action);
        }

        known.Latest = operation;
    }

    // Unknown is never guessed: what we call final is what the processor would tell.
    private void CheckEvidence(Operation operation, string reference, string gateway, string action)
    {
        if (operation.Kind.IsNotice())
        {
            return;
        }

        // What one processor did counts wherever the payment has gone since; that one refused says nothing about another.
        var (approved, refused, any) = (false, false, false);
        foreach (var processor in processors)
        {
            foreach (var truth in processor.Of(reference))
            {
                approved |= truth.Status is GatewayAnswerKind.Approved or GatewayAnswerKind.Reversed;
                any |= processor.Name == gateway;
                refused |= processor.Name == gateway && truth.Status is GatewayAnswerKind.Declined or GatewayAnswerKind.Expired;
            }
        }

        refused |= !any && action == "decided_declined";

        var isProven = operation.Status switch
        {
            OperationStatus.Succeeded => approved,
            OperationStatus.Declined => refused && !approved,
            OperationStatus.Failed => !any && !approved,
            OperationStatus.Pending => true,
        };
        if (!isProven)
        {
            world.Break("I6", $"{reference} is called {operation.Status}, and the processor {(approved ? "did it" : refused ? "refused it" : any ? "has it pending" : "does not know it")}");
        }
    }

    private void CheckSums(Payment payment)
    {
        long captured = 0, capturing = 0, refunded = 0, refunding = 0, reversed = 0, disputed = 0;
        foreach (var operation in payment.Operations)
        {
            var (done, open) = operation.Status switch
            {
                OperationStatus.Succeeded => (operation.Amount, 0L),
                OperationStatus.Pending => (0L, operation.Amount),
                OperationStatus.Declined or OperationStatus.Failed => (0L, 0L),
            };
            switch (operation.Kind)
            {
                case OperationKind.Charge:
                    captured += done;
                    break;
                case OperationKind.Capture:
                    (captured, capturing) = (captured + done, capturing + open);
                    break;
                case OperationKind.Refund:
                    (refunded, refunding) = (refunded + done, refunding + open);
                    break;
                case OperationKind.RefundFailure:
                    reversed += done;
                    break;
                case OperationKind.Dispute:
                    disputed += done;
                    break;
                case OperationKind.DisputeWon:
                    disputed -= done;
                    break;
            }
        }

        if ((reversed, disputed) != (payment.RefundsReversed, payment.Disputed))
        {
            world.Break("I4", $"what came back to or is disputed of {Name(payment)} is not what its operations say");
        }

        if ((captured, capturing, refunded, refunding) != (payment.Captured, payment.CapturesInFlight, payment.Refunded, payment.RefundsInFlight))
        {
            world.Break("I4", $"the totals of {Name(payment)} are not those of its operations");
        }

        if (captured + capturing > payment.Amount || refunded - reversed + refunding > captured)
        {
            world.Break("I4", $"{Name(payment)} of {payment.Amount}: {captured} captured and {capturing} on the way, {refunded} refunded and {refunding} on the way");
        }

        if (payment.Fee != NaiveBooks.Fee(payment.FeeTerms, captured, refunded - reversed))
        {
            world.Break("I2", $"the fee of {Name(payment)} is {payment.Fee}, and should be {NaiveBooks.Fee(payment.FeeTerms, captured, refunded - reversed)}");
        }
    }

    private void Count(Commit commit)
    {
        switch (commit.Action)
        {
            case "answer_unknown":
                counters.Add(Rare.UnknownOutcome);
                break;
            case "given_up_unsent":
                counters.Add(Rare.GivenUpUnsent);
                break;
            case "expiry_claimed":
                counters.Add(Rare.AuthorizationExpired);
                break;
            case "failed_over":
                counters.Add(Rare.FailedOver);
                break;
            case "dispute_opened":
                counters.Add(commit.Evidence is null ? Rare.DisputeEndBeforeStart : Rare.DisputeOpened);
                break;
            case "refund_reversed":
                counters.Add(Rare.RefundReversed);
                break;
        }

        if (commit.Evidence is not null)
        {
            counters.Add(Rare.WebhookApplied);
        }

        if (commit.Operation?.Code == "claim_expired")
        {
            counters.Add(Rare.ClaimSleptThrough);
        }
    }

    private KnownOperation Known(Guid operationId)
    {
        var reference = Ids.ProcessorReference(operationId);
        if (!operations.TryGetValue(reference, out var known))
        {
            operations.Add(reference, known = new(reference));
            world.Trace?.Name(reference, $"op{operations.Count}");
        }

        return known;
    }

    private static bool IsClaim(Commit commit) => commit.Action.EndsWith("_claimed", StringComparison.Ordinal);

    private static string Name(Payment payment) => Ids.Format(Ids.PaymentPrefix, payment.Id);

    private string Describe(Commit commit) => string.Concat(
        commit is { Payment: { } payment, Operation: { } operation }
            ? $"{Ids.Format(Ids.PaymentPrefix, payment.Id)} v{payment.Version} {commit.Action} of {operation.Kind} {Known(operation.Id).Reference}, attempt {operation.Attempt}: {payment.Status}, {operation.Status}"
            : commit.Action,
        commit.Entry is null ? "" : $"; entry {string.Join(", ", commit.Entry.Postings.Select(posting => $"{posting.Account} {posting.Amount:+0;-0}"))}");
}
