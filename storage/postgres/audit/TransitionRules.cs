namespace Payments.Storage.Postgres.Auditing;

/// <summary>I3: only transitions of the state machine happen, and what is final stays so.</summary>
internal static class TransitionRules
{
    public static readonly SqlRule[] All =
    [
        new("I3", "transitions", "every audited change is one that the state machine makes; nothing final ever changes", "audit", """
            SELECT format('Payment {pay:%s}, version %s (%s): %s.', payment_id, version, action, problem)
            FROM (SELECT step.*, CASE
                -- What was before has left: the first row that is kept is where the payment, or the operation, is taken up.
                WHEN before IS NULL AND version > 1 AND (SELECT partly FROM kept) THEN NULL
                WHEN before IS NULL AND action NOT IN ('charge_claimed', 'authorization_claimed') THEN 'a payment does not begin so'
                WHEN before NOT IN ('processing', 'requires_action', 'authorized') AND status <> before THEN format('it turns %s into %s, although %s is final', before, status, before)
                WHEN before = 'authorized' AND status NOT IN ('authorized', 'succeeded', 'canceled') THEN format('it turns %s into %s', before, status)
                WHEN status = 'requires_action' AND before NOT IN ('processing', 'requires_action') THEN format('it turns %s into %s', before, status)
                WHEN before IN ('declined', 'failed', 'canceled') THEN format('nothing happens to a payment that is %s', before)
                WHEN operation_before IS NULL AND first > 1 AND (SELECT partly FROM kept)
                    AND action NOT IN ('charge_claimed', 'authorization_claimed', 'capture_claimed', 'void_claimed', 'expiry_claimed', 'refund_claimed',
                                       'dispute_opened', 'dispute_won', 'dispute_lost', 'refund_reversed') THEN NULL
                WHEN operation_before <> 'pending' THEN format('operation {op:%s} was %s already', operation_id, operation_before)
                WHEN (operation_before IS NULL) <> (action IN ('charge_claimed', 'authorization_claimed', 'capture_claimed', 'void_claimed', 'expiry_claimed', 'refund_claimed',
                                                               'dispute_opened', 'dispute_won', 'dispute_lost', 'refund_reversed'))
                    THEN 'an operation begins with its claim or notice, and only once'
                WHEN action = 'refund_claimed' AND before NOT IN ('succeeded', 'authorized') THEN format('a payment that is %s cannot be refunded', before)
                WHEN action IN ('capture_claimed', 'void_claimed', 'expiry_claimed') AND before <> 'authorized'
                    THEN format('a payment that is %s cannot be captured or canceled', before)
                WHEN action = 'failed_over' AND status <> 'processing' THEN format('it goes on to another processor while it is %s', status)
                WHEN operation_status <> CASE action WHEN 'approved' THEN 'succeeded' WHEN 'declined' THEN 'declined'
                                                     WHEN 'decided_done' THEN 'succeeded' WHEN 'decided_declined' THEN 'declined'
                                                     WHEN 'dispute_opened' THEN 'succeeded' WHEN 'dispute_won' THEN 'succeeded'
                                                     WHEN 'dispute_lost' THEN 'succeeded' WHEN 'refund_reversed' THEN 'succeeded'
                                                     WHEN 'given_up_unsent' THEN 'failed' ELSE 'pending' END
                    THEN format('it leaves operation {op:%s} %s', operation_id, operation_status)
                WHEN attempt <> coalesce(attempt_before, 0) + CASE WHEN action LIKE '%\_claimed' THEN 1 ELSE 0 END
                    THEN format('attempt %s does not follow attempt %s', attempt, coalesce(attempt_before, 0))
                WHEN attempt_kind <> CASE WHEN action = 'query_claimed' THEN 'query' WHEN action LIKE '%\_claimed' THEN 'send'
                                                 WHEN operation_before IS NULL THEN 'notice' ELSE kind_before END
                    THEN format('the attempt is a %s', attempt_kind)
                END AS problem
                FROM (SELECT a.*, lag(status) OVER whole AS before, lag(operation_status) OVER own AS operation_before,
                             lag(attempt) OVER own AS attempt_before, lag(attempt_kind) OVER own AS kind_before, first_value(version) OVER whole AS first
                      FROM audit a
                      WINDOW whole AS (PARTITION BY payment_id, merchant_id ORDER BY version),
                             own AS (PARTITION BY payment_id, operation_id, merchant_id ORDER BY version)) step) judged
            WHERE problem IS NOT NULL
            """),
        new("I3", "claims", "every operation counts exactly the attempts and sends that were claimed", "operation", """
            SELECT format('Operation {op:%s} of payment {pay:%s} counts %s attempts and %s sends; %s and %s were claimed.',
                          o.id, o.payment_id, o.attempt, o.sends, coalesce(a.attempts, 0), coalesce(a.sends, 0))
            FROM operation o
            LEFT JOIN (SELECT merchant_id, payment_id, operation_id, count(*) AS attempts,
                              count(*) FILTER (WHERE action <> 'query_claimed') AS sends
                       FROM audit WHERE action LIKE '%\_claimed' GROUP BY payment_id, operation_id, merchant_id) a
                ON (a.merchant_id, a.payment_id, a.operation_id) = (o.merchant_id, o.payment_id, o.id)
            WHERE ((o.attempt <> coalesce(a.attempts, 0) OR o.sends <> coalesce(a.sends, 0))
                   AND NOT ((SELECT partly FROM kept) AND o.attempt >= coalesce(a.attempts, 0) AND o.sends >= coalesce(a.sends, 0) AND NOT EXISTS (
                       SELECT FROM audit w WHERE w.merchant_id = o.merchant_id AND w.payment_id = o.payment_id AND w.version = 1)))
               OR o.proven_unsent > o.sends OR (o.status = 'failed' AND o.proven_unsent <> o.sends)
            """),
    ];
}
