namespace Payments.Storage.Postgres.Auditing;

/// <summary>I4: nothing is captured beyond what was authorized, and nothing refunded beyond what was captured.</summary>
internal static class AmountRules
{
    public static readonly SqlRule[] All =
    [
        new("I4", "totals", "captured, refunded and in flight are the sums of the operations and stay within each other", "payment", """
            SELECT format('Payment {pay:%s}: %s.', id, problem)
            FROM (SELECT p.id, CASE
                WHEN coalesce(o.charges, 0) <> 1 THEN format('it has %s charges', coalesce(o.charges, 0))
                WHEN o.charge_amount <> p.amount THEN format('its amount is %s, and its charge is over %s', p.amount, o.charge_amount)
                WHEN p.captured <> o.captured THEN format('captured is %s, and its operations captured %s', p.captured, o.captured)
                WHEN p.refunded <> o.refunded THEN format('refunded is %s, and its operations refunded %s', p.refunded, o.refunded)
                WHEN p.refunds_in_flight <> o.in_flight THEN format('%s are in flight, and its operations say %s', p.refunds_in_flight, o.in_flight)
                WHEN p.captured > p.amount THEN format('%s was captured of %s', p.captured, p.amount)
                WHEN p.refunded + p.refunds_in_flight > p.captured
                    THEN format('%s was refunded and %s is in flight, but only %s was captured', p.refunded, p.refunds_in_flight, p.captured)
                WHEN p.fee > p.amount THEN format('its fee %s is more than its amount %s', p.fee, p.amount)
                WHEN o.last_position + 1 <> o.operations OR o.charge_position <> 0 THEN 'its operations are not numbered without a gap from the charge on'
                END AS problem
                FROM payment p
                LEFT JOIN (SELECT merchant_id, payment_id, count(*) AS operations, max(position) AS last_position,
                                  count(*) FILTER (WHERE kind = 'charge') AS charges,
                                  max(amount) FILTER (WHERE kind = 'charge') AS charge_amount,
                                  max(position) FILTER (WHERE kind = 'charge') AS charge_position,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'charge' AND status = 'succeeded'), 0) AS captured,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND status = 'succeeded'), 0) AS refunded,
                                  coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND status = 'pending'), 0) AS in_flight
                           FROM operation GROUP BY merchant_id, payment_id) o
                    ON (o.merchant_id, o.payment_id) = (p.merchant_id, p.id)) judged
            WHERE problem IS NOT NULL
            """),
    ];
}
