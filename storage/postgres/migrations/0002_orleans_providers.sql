-- Microsoft Orleans on this database: who is in the cluster, reminders, and state that is not money and can be rebuilt.
-- Its ADO.NET providers know one table, OrleansQuery, and run what stands in it under fixed keys, with fixed names of parameters and of
-- result columns. Everything else is ours: each query here is one statement, so each is atomic by itself.

CREATE TABLE OrleansQuery (
    QueryKey  text PRIMARY KEY,
    QueryText text NOT NULL
);

-- ------------------------------------------------------------------------------------------------------------------ membership

-- One row a cluster. Its version is what every change of a member must name and raise: the cluster agrees on one order of changes.
CREATE TABLE orleans_clusters (
    id         text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orleans_members (
    cluster_id    text COLLATE "C" NOT NULL REFERENCES orleans_clusters ON DELETE CASCADE,
    address       text COLLATE "C" NOT NULL,
    port          integer NOT NULL,
    generation    integer NOT NULL,
    name          text NOT NULL,
    host          text NOT NULL,
    status        integer NOT NULL,
    gateway_port  integer NOT NULL,
    suspect_times text,
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation)
) WITH (fillfactor = 70);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $sql$
    WITH added AS (INSERT INTO orleans_clusters (id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*) FROM added
$sql$),
('InsertMembershipKey', $sql$
    WITH raised AS (
        UPDATE orleans_clusters SET version = version + 1, changed_at = now()
        WHERE id = @DeploymentId AND version = @Version
          AND NOT EXISTS (
              SELECT FROM orleans_members
              WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING id
    ), added AS (
        INSERT INTO orleans_members (cluster_id, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
        SELECT id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1
    )
    SELECT count(*) FROM added
$sql$),
('UpdateMembershipKey', $sql$
    WITH raised AS (
        UPDATE orleans_clusters SET version = version + 1, changed_at = now()
        WHERE id = @DeploymentId AND version = @Version
          AND EXISTS (
              SELECT FROM orleans_members
              WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING id
    ), changed AS (
        UPDATE orleans_members SET status = @Status, suspect_times = @SuspectTimes, alive_at = @IAmAliveTime
        FROM raised
        WHERE cluster_id = raised.id AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1
    )
    SELECT count(*) FROM changed
$sql$),
('UpdateIAmAlivetimeKey', $sql$
    UPDATE orleans_members SET alive_at = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$sql$),
-- The version comes back even where no member does.
('MembershipReadRowKey', $sql$
    SELECT c.id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.name AS SiloName, m.host AS HostName,
        m.status AS Status, m.gateway_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime,
        c.version AS Version
    FROM orleans_clusters c
    LEFT JOIN orleans_members m ON m.cluster_id = c.id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE c.id = @DeploymentId
$sql$),
('MembershipReadAllKey', $sql$
    SELECT c.id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.name AS SiloName, m.host AS HostName,
        m.status AS Status, m.gateway_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime,
        c.version AS Version
    FROM orleans_clusters c
    LEFT JOIN orleans_members m ON m.cluster_id = c.id
    WHERE c.id = @DeploymentId
$sql$),
('GatewaysQueryKey', $sql$
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
    FROM orleans_members WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0
$sql$),
('DeleteMembershipTableEntriesKey', $sql$
    DELETE FROM orleans_clusters WHERE id = @DeploymentId
$sql$),
-- 3 is active: a silent active member is for the cluster's failure detector to judge.
('CleanupDefunctSiloEntriesKey', $sql$
    DELETE FROM orleans_members WHERE cluster_id = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3
$sql$);

-- ------------------------------------------------------------------------------------------------------------------- reminders

-- A version is never used twice: who deletes by the version that he saw can never hit a reminder that was set anew in between.
CREATE SEQUENCE orleans_reminder_versions AS integer CYCLE;

CREATE TABLE orleans_reminders (
    service_id text COLLATE "C" NOT NULL,
    grain_id   text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    start_at   timestamptz NOT NULL,
    period_ms  bigint NOT NULL,
    grain_hash integer NOT NULL,
    version    integer NOT NULL DEFAULT nextval('orleans_reminder_versions'),
    PRIMARY KEY (service_id, grain_id, name)
);
-- Each node reads the hashes that the ring gives it.
CREATE INDEX orleans_reminders_by_hash ON orleans_reminders (service_id, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $sql$
    INSERT INTO orleans_reminders (service_id, grain_id, name, start_at, period_ms, grain_hash)
    VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash)
    ON CONFLICT (service_id, grain_id, name) DO UPDATE
    SET start_at = excluded.start_at, period_ms = excluded.period_ms, grain_hash = excluded.grain_hash, version = excluded.version
    RETURNING version AS Version
$sql$),
('ReadReminderRowsKey', $sql$
    SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans_reminders WHERE service_id = @ServiceId AND grain_id = @GrainId
$sql$),
('ReadReminderRowKey', $sql$
    SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans_reminders WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName
$sql$),
('ReadRangeRows1Key', $sql$
    SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans_reminders WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
$sql$),
-- The ring's end is its beginning: this range crosses it.
('ReadRangeRows2Key', $sql$
    SELECT grain_id AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans_reminders WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
$sql$),
('DeleteReminderRowKey', $sql$
    WITH deleted AS (
        DELETE FROM orleans_reminders
        WHERE service_id = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING 1
    )
    SELECT count(*) FROM deleted
$sql$),
('DeleteReminderRowsKey', $sql$
    DELETE FROM orleans_reminders WHERE service_id = @ServiceId
$sql$);

-- --------------------------------------------------------------------------------------------------------------- grain storage

-- The key is unique, also where it has no text part: of two activations that both write first, one wins and the other is told.
CREATE TABLE orleans_states (
    service_id  text COLLATE "C" NOT NULL,
    grain_type  text COLLATE "C" NOT NULL,
    key_high    bigint NOT NULL,
    key_low     bigint NOT NULL,
    key_text    text COLLATE "C",
    version     integer NOT NULL,
    payload     bytea,
    modified_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (service_id, grain_type, key_high, key_low, key_text)
) WITH (fillfactor = 80);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
-- No row means that another version is stored: the provider then throws, and the activation starts over from what is stored.
('WriteToStorageKey', $sql$
    WITH changed AS (
        UPDATE orleans_states SET version = version + 1, payload = @PayloadBinary, modified_at = now()
        WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
          AND key_text IS NOT DISTINCT FROM @GrainIdExtensionString AND version = @GrainStateVersion
        RETURNING version
    ), added AS (
        INSERT INTO orleans_states (service_id, grain_type, key_high, key_low, key_text, version, payload, modified_at)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString, 1, @PayloadBinary, now()
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version
    )
    SELECT version AS NewGrainStateVersion FROM changed UNION ALL SELECT version FROM added
$sql$),
('ReadFromStorageKey', $sql$
    SELECT payload AS PayloadBinary, version AS Version
    FROM orleans_states
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
      AND key_text IS NOT DISTINCT FROM @GrainIdExtensionString
$sql$),
('ClearStorageKey', $sql$
    UPDATE orleans_states SET version = version + 1, payload = NULL, modified_at = now()
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
      AND key_text IS NOT DISTINCT FROM @GrainIdExtensionString AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
$sql$),
('DeleteStorageKey', $sql$
    DELETE FROM orleans_states
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND key_high = @GrainIdN0 AND key_low = @GrainIdN1
      AND key_text IS NOT DISTINCT FROM @GrainIdExtensionString AND version = @GrainStateVersion
    RETURNING version + 1 AS NewGrainStateVersion
$sql$);

-- ---------------------------------------------------------------------------------------------------------------------- rights

GRANT SELECT ON OrleansQuery TO payments_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON orleans_clusters, orleans_members, orleans_reminders, orleans_states TO payments_app;
GRANT USAGE ON orleans_reminder_versions TO payments_app;
