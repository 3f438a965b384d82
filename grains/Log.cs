using Microsoft.Extensions.Logging;

namespace Payments.Grains;

/// <summary>All that the grains say, with event ids 2000 to 2099. Never a token, a key or a payload.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Error, "The processor contradicts itself about operation {Operation} of {Payment}; somebody must look at it")]
    public static partial void Contradiction(ILogger log, string payment, Guid operation);

    [LoggerMessage(2001, LogLevel.Warning, "The ledger account of {Payment} did not answer ({Error}); the outcome is unknown until the payment is reloaded")]
    public static partial void LedgerLost(ILogger log, string payment, string error);

    [LoggerMessage(2002, LogLevel.Warning, "The answer to attempt {Attempt} of {Payment} could not be stored; it will be asked for again")]
    public static partial void AnswerLost(ILogger log, string payment, int attempt, Exception error);

    [LoggerMessage(2003, LogLevel.Error, "The connector of {Gateway} threw")]
    public static partial void ConnectorThrew(ILogger log, string gateway, Exception error);

    [LoggerMessage(2004, LogLevel.Warning, "The reminder of {Payment} could not be set; the recovery will wake it")]
    public static partial void ReminderLost(ILogger log, string payment, Exception error);

    [LoggerMessage(2005, LogLevel.Warning, "Recovery shard {Shard} could not look for due payments ({Error}: {Reason}); it looks again soon")]
    public static partial void RecoveryFailed(ILogger log, int shard, string error, string reason);

    [LoggerMessage(2006, LogLevel.Warning, "Payment {Payment} could not be woken")]
    public static partial void WakeFailed(ILogger log, Guid payment, Exception error);

    [LoggerMessage(2008, LogLevel.Warning, "Inbox shard {Shard} could not be looked through ({Error}: {Reason}); it is tried again soon")]
    public static partial void InboxFailed(ILogger log, int shard, string error, string reason);

    [LoggerMessage(2009, LogLevel.Warning, "Event {EventId} of {Source} could not be brought to its payment ({Error}); it is tried again")]
    public static partial void EvidenceNotDelivered(ILogger log, string source, string eventId, string error);

    [LoggerMessage(2010, LogLevel.Error, "Event {EventId} of {Source} does not fit what is known ({Reason}); somebody must look at it")]
    public static partial void EvidenceFlagged(ILogger log, string source, string eventId, string? reason);

    [LoggerMessage(2020, LogLevel.Information, "The settlement file of {Gateway} of {Day} is imported")]
    public static partial void SettlementImported(ILogger log, string gateway, DateOnly day);

    [LoggerMessage(2021, LogLevel.Error, "The settlement file of {Gateway} of {Day} cannot be imported: {Reason}")]
    public static partial void SettlementRefused(ILogger log, string gateway, DateOnly day, string reason);

    [LoggerMessage(2023, LogLevel.Warning, "The files of {Gateway} could not be reconciled to their end ({Error}: {Reason}); it is gone on with")]
    public static partial void ReconciliationFailed(ILogger log, string gateway, string error, string reason);

    [LoggerMessage(2022, LogLevel.Warning, "Settlement files of {Gateway} could not be fetched ({Error}: {Reason}); it is tried again")]
    public static partial void SettlementFailed(ILogger log, string gateway, string error, string reason);

    [LoggerMessage(2011, LogLevel.Error, "Attempt {Attempt} to write report {Report} failed; it is begun again")]
    public static partial void ReportFailed(ILogger log, Guid report, int attempt, Exception error);

    [LoggerMessage(2012, LogLevel.Warning, "Report {Report} could not be gone on with ({Error}: {Reason}); it is tried again soon")]
    public static partial void ReportNotGoneOnWith(ILogger log, Guid report, string error, string reason);

    [LoggerMessage(2013, LogLevel.Warning, "Due reports could not be looked for ({Error}: {Reason}); they are looked for again soon")]
    public static partial void ReportWatchFailed(ILogger log, string error, string reason);

    [LoggerMessage(2023, LogLevel.Error, "The bank says of payout {Payout} what does not fit ({Reason}); somebody must look at it")]
    public static partial void BankContradicts(ILogger log, string payout, string reason);

    [LoggerMessage(2024, LogLevel.Warning, "Payouts of shard {Shard} could not be looked after ({Error}: {Reason}); it is tried again soon")]
    public static partial void PayoutsFailed(ILogger log, int shard, string error, string reason);

    [LoggerMessage(2025, LogLevel.Warning, "No payout of {Merchant} in {Currency} was made for {Day} ({Reason})")]
    public static partial void PayoutNotMade(ILogger log, string merchant, string currency, DateOnly day, string? reason);

    [LoggerMessage(2007, LogLevel.Warning, "Attempt {Attempt} of {Payment} was not made: its claim ended before this node came to it")]
    public static partial void ClaimExpired(ILogger log, string payment, int attempt);
}
