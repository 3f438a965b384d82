namespace Payments.GatewaySimulator.Record;

/// <param name="Position">Where the record starts in the file.</param>
/// <param name="Durable">Completes when the record is on disk; fails when it cannot be written.</param>
internal readonly record struct Receipt(long Position, Task Durable);
