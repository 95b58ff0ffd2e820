CREATE ROLE ci LOGIN;
CREATE ROLE worker LOGIN;
CREATE ROLE release_manager LOGIN;
GRANT reqflo_client TO ci;
GRANT reqflo_worker TO worker;
GRANT reqflo_admin TO release_manager;
