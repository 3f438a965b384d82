namespace Payments.Storage.Postgres.Auditing;

/// <summary>I4: nothing is captured beyond what was authorized, and nothing refunded beyond what was captured.</summary>
internal static class AmountRules
{
    public static readonly SqlRule[] All =
    [
        new("I4", "totals", "captured, refunded and in flight are the sums of the operations and stay within each other", "payment", """
            SELECT format('Payment {pay:%s}: %s.', id, problem)
            FROM (SELECT p.id, CASE
                WHEN coalesce(o.charges, 0) <> 1 THEN format('it has %s charges or authorizations', coalesce(o.charges, 0))
                WHEN o.charge_amount <> p.amount THEN format('its amount is %s, and its charge is over %s', p.amount, o.charge_amount)
                WHEN p.captured <> o.captured THEN format('captured is %s, and its operations captured %s', p.captured, o.captured)
                WHEN p.refunded <> o.refunded THEN format('refunded is %s, and its operations refunded %s', p.refunded, o.refunded)
                WHEN p.refunds_in_flight <> o.in_flight THEN format('%s are in flight, and its operations say %s', p.refunds_in_flight, o.in_flight)
                WHEN p.captures_in_flight <> o.captures_in_flight
                    THEN format('captures of %s are in flight, and its operations say %s', p.captures_in_flight, o.captures_in_flight)
                WHEN p.captured + p.captures_in_flight > p.amount
                    THEN format('%s was captured and %s is in flight, of %s', p.captured, p.captures_in_flight, p.amount)
                WHEN p.refunds_reversed <> o.reversed THEN format('refunds of %s came back, and its operations say %s', p.refunds_reversed, o.reversed)
                WHEN p.disputed <> o.disputed - o.won THEN format('%s is in dispute or lost, and its operations say %s', p.disputed, o.disputed - o.won)
                WHEN p.disputed > p.captured THEN format('%s is in dispute, but only %s was captured', p.disputed, p.captured)
                WHEN p.refunded - p.refunds_reversed + p.refunds_in_flight > p.captured
                    THEN format('%s was refunded and %s is in flight, but only %s was captured', p.refunded, p.refunds_in_flight, p.captured)
                WHEN p.fee <> o.fee THEN format('its fee is %s, and its operations took %s', p.fee, o.fee)
                WHEN p.fee <> t.gross - t.returned THEN format('its fee is %s, and its terms make %s', p.fee, t.gross - t.returned)
                WHEN p.fee > p.captured THEN format('its fee %s is more than the %s that was captured', p.fee, p.captured)
                WHEN o.last_position + 1 <> o.operations OR o.charge_position <> 0 THEN 'its operations are not numbered without a gap from the charge on'
                END AS problem
                FROM payment p
                -- Rounded half to even, where round() would round half up.
                CROSS JOIN LATERAL (SELECT p.fee_basis_points * p.captured::numeric / 10000 AS x) exact
                CROSS JOIN LATERAL (SELECT least(CASE WHEN x - floor(x) = 0.5 THEN 2 * round(x / 2) ELSE round(x) END + p.fee_fixed, p.captured) AS gross) g
                CROSS JOIN LATERAL (SELECT CASE WHEN p.fee_returned_on_refund AND p.refunded <> p.refunds_reversed THEN coalesce(g.gross * (p.refunded - p.refunds_reversed) / nullif(p.captured, 0), 0) ELSE 0 END AS y) part
                CROSS JOIN LATERAL (SELECT g.gross, CASE WHEN y - floor(y) = 0.5 THEN 2 * round(y / 2) ELSE round(y) END AS returned) t
                LEFT JOIN (SELECT merchant_id, payment_id, count(*) AS operations, max(position) AS last_position,
                                  sum(fee) AS fee,
                                  count(*) FILTER (WHERE kind IN ('charge', 'authorize')) AS charges,
                                  max(amount) FILTER (WHERE kind IN ('charge', 'authorize')) AS charge_amount,
                                  max(position) FILTER (WHERE kind IN ('charge', 'authorize')) AS charge_position,
                                  coalesce(sum(amount) FILTER (WHERE kind IN ('charge', 'capture') AND status = 'succeeded'), 0) AS captured,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'capture' AND status = 'pending'), 0) AS captures_in_flight,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND status = 'succeeded'), 0) AS refunded,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND status = 'pending'), 0) AS in_flight,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'refund_failure'), 0) AS reversed,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'dispute'), 0) AS disputed,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'dispute_won'), 0) AS won
                           FROM operation GROUP BY payment_id, merchant_id) o
                    ON (o.merchant_id, o.payment_id) = (p.merchant_id, p.id)) judged
            WHERE problem IS NOT NULL
            """),
    ];
}
