import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the API says with a 422, SQL says as well, instead of making a batch that matches nothing. */
export class CheckRedeliveries1795740000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION postback.check_redelivery() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      DECLARE
        reasons constant text[] := ARRAY['exhausted', 'gone', 'blocked_target', 'payload_rejected', 'endpoint_deleted', 'undeliverable', 'crash_loop', 'held_too_long'];
      BEGIN
        IF NEW.filter->>'dead_reason' <> ALL (reasons) THEN
          RAISE invalid_parameter_value USING MESSAGE = format('No row is dead for the reason %L.', NEW.filter->>'dead_reason'),
            HINT = 'Use one of: ' || array_to_string(reasons, ', ') || '.';
        END IF;
        IF (NEW.filter->>'status_code')::integer NOT BETWEEN 100 AND 599 THEN
          RAISE invalid_parameter_value USING MESSAGE = format('No receiver answers with the status %s.', NEW.filter->>'status_code'),
            HINT = 'Use an HTTP status from 100 to 599, or leave status_code out.';
        END IF;
        IF NEW.rate_per_second < 1 THEN
          RAISE invalid_parameter_value USING MESSAGE = format('Nothing would ever be sent at %s a second.', NEW.rate_per_second),
            HINT = 'Use a whole number from 1, or leave rate_per_second out.';
        END IF;
        RETURN NEW;
      END $$;
      COMMENT ON FUNCTION postback.check_redelivery() IS 'Refuses bulk redeliveries that could match no row or would never move one.';
      CREATE TRIGGER redelivery_batches_checked BEFORE INSERT ON postback.redelivery_batches
        FOR EACH ROW EXECUTE FUNCTION postback.check_redelivery();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER redelivery_batches_checked ON postback.redelivery_batches;
      DROP FUNCTION postback.check_redelivery();
    `);
  }
}
