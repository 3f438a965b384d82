namespace Payments.Tests.Seeds;

/// <summary>A bug that somebody could have written: in one file, one text in place of another.</summary>
/// <param name="Project">The folder of the project that it is in.</param>
internal sealed record PlantedBug(string Name, string Project, string File, params (string From, string To)[] Changes)
{
    /// <summary>A seed that shows it; 0: the first that does is looked for.</summary>
    public long Seed { get; init; }

    /// <summary>Bugs that this kind of system is known to have. Each change must fit the sources exactly, so it cannot go stale unseen.</summary>
    public static PlantedBug[] All { get; } =
    [
        new("a new idempotency key for every try", "grains", "PaymentGrain.cs",
            ("new ChargeOrder(reference, reference, amount,", "new ChargeOrder(reference, $\"{reference}-{operation.Attempt}\", amount,")),

        new("sends before the claim is stored", "grains", "PaymentGrain.cs",
            ("var result = await CommitAsync(accept, accept.SaysMore ? null : evidence);", "_ = accept.Call is { } early ? RunAsync(early) : null; var result = await CommitAsync(accept, accept.SaysMore ? null : evidence);"),
            ("            _ = RunAsync(call);\n", "")),

        new("refunds are not held to what is left", "domain", "PaymentStateMachine.cs",
            ("if (amount <= 0 || amount > payment.Refundable)", "if (amount <= 0 || amount > payment.Captured)")),

        new("a refund of unknown outcome goes back to the merchant", "domain", "PaymentStateMachine.cs",
            ("GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),",
             "GatewayAnswerKind.Unknown => operation.Kind == OperationKind.Refund ? Decline(payment, operation, command) : Reschedule(payment, operation, command, AuditAction.AnswerUnknown),")),

        new("a timer fails what is unknown for too long", "domain", "PaymentStateMachine.cs",
            ("GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),",
             "GatewayAnswerKind.Unknown => operation.Attempt > 2 ? End(payment, Finish(operation, OperationStatus.Failed, command.Answer), command, AuditAction.GivenUpUnsent, PaymentStatus.Failed, \"payment.failed\") : Reschedule(payment, operation, command, AuditAction.AnswerUnknown),")),

        new("writes whatever the version", "storage/abstractions", "BatchJudge.cs",
            ("if (stored.Version != payment.Version - 1)", "if (stored.Version > payment.Version)")),

        new("takes a commit of unknown outcome for done", "grains", "PaymentGrain.cs",
            ("case CommitVerdict.Committed:", "case CommitVerdict.Committed or CommitVerdict.Unknown:"),
            ("                        case CommitVerdict.Unknown:\n", "                        case (CommitVerdict)99:\n")),

        new("believes \"not found\" too early", "domain", "PaymentStateMachine.cs",
            ("operation.ClaimedAt >= LatestDeparture(operation.LastSentAt, command) + command.Gateway.AbsenceFinalAfter", "operation.ClaimedAt > operation.LastSentAt")),

        new("refuses by a balance from a stale cache", "grains", "LedgerAccountGrain.cs",
            ("            // Another node may have paid in since: never refuse from memory alone.\n            account = await store.AccountAsync(accountId, CancellationToken.None);\n", "")),

        new("the recovery pokes a payment in flight into a second send", "domain", "PaymentStateMachine.cs",
            ("payment?.Operations.Where(operation => operation.NextActionAt <= command.Now)", "payment?.Operations.Where(operation => operation.NextActionAt is not null)")),

        new("fees of parts are rounded part by part", "domain", "PaymentStateMachine.cs",
            ("Fee = checked(before.FeeTerms.Kept(captured, before.NetRefunded) - before.Fee)", "Fee = before.FeeTerms.Of(done.Amount)")),

        new("late news moves a final operation", "domain", "PaymentStateMachine.cs",
            ("        if (operation.IsFinal)\n        {\n            return command", "        if (operation.IsFinal && operation.Attempt == command.Attempt)\n        {\n            return command")),

        new("a retry is a new send while the old one is unknown", "domain", "PaymentStateMachine.cs",
            ("(true, false) => AttemptKind.Query,", "(true, false) => AttemptKind.Send,")),

        new("a limit is judged by the grain alone", "storage/abstractions", "BatchJudge.cs",
            ("if (entry.IsRequest && isDecrease &&", "if (entry.IsRequest && isDecrease && false &&")),

        new("posts where a report was made already", "storage/abstractions", "BatchJudge.cs",
            ("        now = now > rows.FixedUntil ? now : rows.FixedUntil + TimeSpan.FromMicroseconds(1);\n", "")),

        new("believes whatever amount a webhook speaks of", "domain", "PaymentStateMachine.cs",
            ("told != new Money(operation.Amount, payment.Currency) &&", "told.Currency != payment.Currency &&")),

        new("evidence is called seen before it is handled", "grains", "InboxGrain.cs",
            ("        var news = received.News;\n", "        await inbox.SettleAsync(received.Id, InboxState.NothingNew, null, null, time.Now(), CancellationToken.None);\n        var news = received.News;\n")),

        new("evidence that comes too early is given up", "grains", "InboxGrain.cs",
            ("when reply.Code is \"not_yet\" or \"unknown_operation\":", "when reply.Code is \"never\":")),

        new("goes on to another processor while the outcome is unknown", "domain", "PaymentStateMachine.cs",
            ("GatewayAnswerKind.Unknown => Reschedule(payment, operation, command, AuditAction.AnswerUnknown),",
             "GatewayAnswerKind.Unknown => MayFailOver(payment, operation) ? FailOver(payment, operation, command) : Reschedule(payment, operation, command, AuditAction.AnswerUnknown),")),

        new("believes a processor that the payment has left", "domain", "PaymentStateMachine.cs",
            ("        if (command.From != payment.Gateway)\n        {\n            return new Decision.Ignore(command.Answer.Kind", "        if (command.From == \"\")\n        {\n            return new Decision.Ignore(command.Answer.Kind")),

        new("a dispute is another one each time that it is told", "domain", "PaymentStateMachine.cs",
            ("Ids.Dispute(payment.Id, command.From, command.DisputeReference)", "Ids.Dispute(payment.Id, command.From, command.DisputeReference + command.Notice)")),

        new("a refund that comes back counts each time that it is told", "domain", "PaymentStateMachine.cs",
            ("        var id = Ids.RefundFailure(refund.Id);\n        if (payment.Find(id) is not null)", "        var id = Ids.RefundFailure(Ids.RefundFailure(payment.Operations[^1].Id));\n        if (payment.Find(id) is not null)")),
    ];

    /// <summary>Bugs that the simulation found in this system before they were mended, each with the seed by which it stays found.</summary>
    public static PlantedBug[] Found { get; } =
    [
        new("decides by what it knew before it asked for the merchant", "grains", "PaymentGrain.cs",
            ("            wanted = await command();\n            switch (PaymentStateMachine.Decide(payment, wanted))", "            var before = payment;\n            wanted = await command();\n            switch (PaymentStateMachine.Decide(before, wanted))")) { Seed = 4521 },

        new("says busy, which says not sent, of what an earlier try stored", "grains", "PaymentGrain.cs",
            ("                            if (IsRequest(wanted))\n", "                            if (wanted is null)\n")) { Seed = 10601 },

        new("waiting for an operation that another node accepted says that there is none", "grains", "PaymentGrain.cs",
            ("        if (Find(operationId) is null)\n", "        if (payment is null)\n")) { Seed = 3 },

        new("waits less than a millisecond, again and again", "grains", "PaymentGrain.cs",
            ("TimeSpan.FromMilliseconds(Math.Ceiling(patience.TotalMilliseconds))", "patience < TimeSpan.FromMilliseconds(1) ? throw new InvalidOperationException(\"no wait\") : patience")) { Seed = 3 },

        new("refuses a refund for want of the balance that it took itself through another node", "grains", "PaymentGrain.cs",
            ("if (payment?.Version >= accept.Next.Version)", "if (payment is null)")) { Seed = 214 },

        new("refuses an entry for want of the balance that it took itself through another node", "grains", "LedgerEntryGrain.cs",
            ("CommitVerdict.LimitExceeded => await FindAsync(entry.MerchantId, entry.Id, own.Fingerprint) ?? Refused(", "CommitVerdict.LimitExceeded => Refused(")) { Seed = 11 },

        new("a late commit moves the memory of a payment back", "grains", "PaymentGrain.cs",
            ("payment?.Version > accept.Next.Version ? payment : accept.Next", "accept.Next")) { Seed = 405 },

        new("counts a decrease twice while its commit is on its way back", "grains", "LedgerAccountGrain.cs",
            ("(Int128)Natural(account?.Balance ?? 0) - decrease", "(Int128)Natural(account?.Balance ?? 0) - reserved - decrease")) { Seed = 422 },

        new("sends at the very end of a claim, when absence is as good as proven", "grains", "PaymentGrain.cs",
            ("call.Operation.ClaimedAt + RetriesOf(call.Payment.Gateway).Margin", "call.Operation.NextActionAt")) { Seed = 1 },

        new("resends until the key dies, however long that is under way", "domain", "PaymentStateMachine.cs",
            ("LatestDeparture(command.Now, command) + command.Gateway.AbsenceFinalAfter <", "command.Now <")) { Seed = 4832 },

        new("nobody may decide what a dead node left, as its attempt is for ever under way", "domain", "PaymentStateMachine.cs",
            ("operation.Answer ?? GatewayAnswerKind.Unknown,", "operation.Answer,"),
            ("command.Retries.Waiting(command.Now - operation.LastSentAt, command.Jitter)", "command.Retries.After(operation.Attempt, command.Jitter)")) { Seed = 147 },

        new("evidence waits for a grain that was put away", "grains", "InboxGrain.cs",
            ("TickStatus status) => LookAsync();", "TickStatus status) => Task.CompletedTask;")) { Seed = 230 },
    ];
}
