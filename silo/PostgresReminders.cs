#if EMBEDDED
using Npgsql;
using Payments.Embedded;

namespace Payments.Silo;

/// <summary>
/// The embedded engine's reminders in PostgreSQL. A node that claims a due one moves it to its next tick at once, so nodes that share
/// the database fire each tick once; a node that dies in between loses that tick, which a reminder may.
/// </summary>
public sealed class PostgresReminders(NpgsqlDataSource database) : IReminderStore
{
    public async Task UpsertAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO embedded_reminders (grain_type, grain_key, name, first_tick, next_tick, period) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET first_tick = excluded.first_tick, next_tick = excluded.next_tick, period = excluded.period
            """);
        Add(command, reminder.GrainType, reminder.GrainKey, reminder.Name, reminder.FirstTick, reminder.NextTick, reminder.Period);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task RemoveAsync(string grainType, string grainKey, string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM embedded_reminders WHERE grain_type = $1 AND grain_key = $2 AND name = $3");
        Add(command, grainType, grainKey, name);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Reminder>> GetAsync(string grainType, string grainKey, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT grain_type, grain_key, name, first_tick, period, next_tick FROM embedded_reminders WHERE grain_type = $1 AND grain_key = $2 ORDER BY name");
        Add(command, grainType, grainKey);
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<IReadOnlyList<Reminder>> ClaimDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        // SKIP LOCKED: nodes that poll together take different rows. The next tick is the first one after now, on the reminder's own grid.
        await using var command = database.CreateCommand(
            """
            WITH due AS (
                SELECT * FROM embedded_reminders WHERE next_tick <= $1 ORDER BY next_tick LIMIT $2 FOR UPDATE SKIP LOCKED
            ), moved AS (
                UPDATE embedded_reminders r
                SET next_tick = due.first_tick + (floor(extract(epoch FROM $1 - due.first_tick) / extract(epoch FROM due.period)) + 1) * due.period
                FROM due WHERE (r.grain_type, r.grain_key, r.name) = (due.grain_type, due.grain_key, due.name)
            )
            SELECT grain_type, grain_key, name, first_tick, period, next_tick FROM due ORDER BY next_tick, grain_type, grain_key, name
            """);
        Add(command, now, limit);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>How many there are, by grain type.</summary>
    public async Task<IReadOnlyList<ReminderCount>> CountAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT grain_type, count(*), count(*) FILTER (WHERE next_tick <= $1), min(next_tick) FROM embedded_reminders GROUP BY grain_type ORDER BY grain_type");
        Add(command, now);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<ReminderCount>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return counts;
    }

    private static async Task<IReadOnlyList<Reminder>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var reminders = new List<Reminder>();
        while (await reader.ReadAsync(cancellationToken))
        {
            reminders.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetTimeSpan(4),
                reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return reminders;
    }

    private static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }
}

/// <summary>The reminders of one grain type.</summary>
/// <param name="Due">Those whose tick nobody has fired yet.</param>
public sealed record ReminderCount(string GrainType, long Registered, long Due, DateTimeOffset NextAt);
#endif
