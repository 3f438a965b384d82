using Npgsql;

namespace Payments.Tools.Driving;

/// <summary>Waits until the system is quiet.</summary>
internal static class Settling
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <returns>How many payments are still in flight when none was finished for a minute; 0 as a rule.</returns>
    public static async Task<long> WaitAsync(NpgsqlDataSource database, TimeProvider time, CancellationToken cancellationToken)
    {
        var (least, since) = (long.MaxValue, time.GetTimestamp());
        while (true)
        {
            var open = least;
            try
            {
                await using var command = database.CreateCommand("SELECT count(*) FROM payments WHERE next_action_at IS NOT NULL");
                open = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
            }
            catch (NpgsqlException away) when (away.IsTransient && time.GetElapsedTime(since) < Limit)
            {
                // It will be back.
            }

            if (open < least)
            {
                (least, since) = (open, time.GetTimestamp());
            }

            if (open == 0 || time.GetElapsedTime(since) > Limit)
            {
                return open;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}
