BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('1a1a537c-d371-4ce5-bd6f-2a40e91c6dbc','1',1795273687000,1795273687000,'nemowatch');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE nemowatch_jobs (
	job_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	source_path TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	progress FLOAT, 
	note TEXT NOT NULL, 
	output_folder TEXT, 
	outputs TEXT NOT NULL, 
	queued_at FLOAT NOT NULL, 
	started_at FLOAT, 
	updated_at FLOAT NOT NULL, 
	finished_at FLOAT, 
	PRIMARY KEY (job_id)
);
INSERT INTO "nemowatch_jobs" VALUES('1921d6bb09646952','jokes','@root@/jokes/joke.mp4','{"job_id": "1921d6bb09646952", "rule": "jokes", "source": {"path": "@root@/jokes/joke.mp4", "size_bytes": 23945, "modified_ns": 1700000000000000000, "inode": 2342980}, "sha256": "7b00979e95f2b157dda90707fde7763980df1474062f8918cb5a6cc76f33574c", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["tell me a joke"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/jokes-output/jokes/joke", "priority": 5, "queued_at": 1795273689.060349}','failed','The prompt "tell me a joke" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music. Nothing was exported. Say more exactly what to do.',NULL,'','@root@/jokes-output/jokes/joke','[]',1.79527368906034898764e+09,1.79527368907994842525e+09,1.79527368989221930506e+09,1.79527368989219880106e+09);
INSERT INTO "nemowatch_jobs" VALUES('7a86bc97ea8fac0b','shorts','@root@/talks/friday.mp4','{"job_id": "7a86bc97ea8fac0b", "rule": "shorts", "source": {"path": "@root@/talks/friday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343002}, "sha256": "33ca41afa6028e057557f15e5bd398777d4003060194fce1dd2c63387e828c0a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/friday", "priority": 5, "queued_at": 1795273690.0563724}','exporting','',0.05,'rendering',NULL,'[]',1.79527369005637240416e+09,1.79527369011186742784e+09,1.79527369032185125357e+09,NULL);
INSERT INTO "nemowatch_jobs" VALUES('24fedf00e663db70','shorts','@root@/talks/monday.mp4','{"job_id": "24fedf00e663db70", "rule": "shorts", "source": {"path": "@root@/talks/monday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2342944}, "sha256": "8acca2bb16048b6015b5f302fa0c94866f1939d4b9bcec826ad38812e72974d0", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/monday", "priority": 5, "queued_at": 1795273690.0552182}','done','',NULL,'','@root@/talks-output/shorts/monday','[{"name": "monday.mp4", "kind": "video", "size_bytes": 35540, "duration_seconds": 2.0}]',1.79527369005521821978e+09,1.79527369010770130154e+09,1.79527369048289608954e+09,1.79527369048288273816e+09);
INSERT INTO "nemowatch_jobs" VALUES('acce0afa8a32eb8a','shorts','@root@/talks/tuesday.mp4','{"job_id": "acce0afa8a32eb8a", "rule": "shorts", "source": {"path": "@root@/talks/tuesday.mp4", "size_bytes": 23948, "modified_ns": 1700000000000000000, "inode": 2342996}, "sha256": "49b33c3947b3a0228c7b1957d21e405a813c19660765acbf2de4b60bd6768125", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/tuesday", "priority": 5, "queued_at": 1795273690.0591784}','preparing','',NULL,'',NULL,'[]',1.79527369005917835234e+09,1.7952736901097893715e+09,1.79527369012688326832e+09,NULL);
INSERT INTO "nemowatch_jobs" VALUES('3258264b109817a8','shorts','@root@/talks/thursday.mp4','{"job_id": "3258264b109817a8", "rule": "shorts", "source": {"path": "@root@/talks/thursday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343001}, "sha256": "a3d15d2f0cfb1cf86550700a962603fa6e746740f017c20ee1b27933c1775f4d", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/thursday", "priority": 5, "queued_at": 1795273690.0556989}','editing','',NULL,'',NULL,'[]',1.79527369005569887162e+09,1.79527369011184811595e+09,1.7952736902256455422e+09,NULL);
INSERT INTO "nemowatch_jobs" VALUES('9ae90ba279c9522a','shorts','@root@/talks/wednesday.mp4','{"job_id": "9ae90ba279c9522a", "rule": "shorts", "source": {"path": "@root@/talks/wednesday.mp4", "size_bytes": 23950, "modified_ns": 1700000000000000000, "inode": 2343000}, "sha256": "bfc0df32ba9f93829f3e7bedc81d711709932caf582002efc2bd7d6ca78a67ca", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/wednesday", "priority": 5, "queued_at": 1795273690.0667446}','editing','',NULL,'',NULL,'[]',1.79527369006674456593e+09,1.79527369011358308792e+09,1.79527369021937632559e+09,NULL);
INSERT INTO "nemowatch_jobs" VALUES('32650b1654fb1872','shorts','@root@/talks/sunday.mp4','{"job_id": "32650b1654fb1872", "rule": "shorts", "source": {"path": "@root@/talks/sunday.mp4", "size_bytes": 23947, "modified_ns": 1700000000000000000, "inode": 2343005}, "sha256": "cebe4d95fe0bc6fcad7a19f4e5c53816569a9277a13ec5941ebe9833115672e5", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/sunday", "priority": 5, "queued_at": 1795273690.547887}','downloading','',NULL,'',NULL,'[]',1.79527369054788708685e+09,1.79527369055819368366e+09,1.79527369075567793839e+09,NULL);
INSERT INTO "nemowatch_jobs" VALUES('f0e89a0a397df095','shorts','@root@/talks/saturday.mp4','{"job_id": "f0e89a0a397df095", "rule": "shorts", "source": {"path": "@root@/talks/saturday.mp4", "size_bytes": 23949, "modified_ns": 1700000000000000000, "inode": 2343003}, "sha256": "b49461a7aac2b5bf842f9e6ab05635ce065ec53629903ad61f993ff98dd60e9a", "duration_seconds": 3.0, "skill_source": "nemowatch", "skill_version": "0.1.0", "prompts": ["keep only the first 2 seconds"], "language": "en", "deliver": ["video", "media"], "output_folder": "@root@/talks-output/shorts/saturday", "priority": 5, "queued_at": 1795273690.5549831}','downloading','',1.0,'downloading saturday.mp4',NULL,'[]',1.79527369055498313898e+09,1.79527369061724400515e+09,1.79527369085453534125e+09,NULL);
CREATE TABLE nemowatch_known_files (
	rule TEXT NOT NULL, 
	path TEXT NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	modified_ns BIGINT NOT NULL, 
	inode BIGINT NOT NULL, 
	job_id TEXT, 
	refusal TEXT, 
	PRIMARY KEY (rule, path)
);
INSERT INTO "nemowatch_known_files" VALUES('jokes','@root@/jokes/joke.mp4',23945,1700000000000000000,2342980,'1921d6bb09646952',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/friday.mp4',23947,1700000000000000000,2343002,'7a86bc97ea8fac0b',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/monday.mp4',23947,1700000000000000000,2342944,'24fedf00e663db70',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/tuesday.mp4',23948,1700000000000000000,2342996,'acce0afa8a32eb8a',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/thursday.mp4',23949,1700000000000000000,2343001,'3258264b109817a8',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/wednesday.mp4',23950,1700000000000000000,2343000,'9ae90ba279c9522a',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/sunday.mp4',23947,1700000000000000000,2343005,'32650b1654fb1872',NULL);
INSERT INTO "nemowatch_known_files" VALUES('shorts','@root@/talks/saturday.mp4',23949,1700000000000000000,2343003,'f0e89a0a397df095',NULL);
CREATE TABLE nemowatch_markers (
	job_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	written_at FLOAT NOT NULL, 
	PRIMARY KEY (job_id, name)
);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527368912324118612e+09);
INSERT INTO "nemowatch_markers" VALUES('1921d6bb09646952','prompt:1','{"fingerprint": "a725a479fc0dd6e7383957bf5078affec827518df63f1925a55f034ad0dd8724"}',1.79527368914574980739e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369016495132441e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369017948222164e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369018253254886e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369018493056294e+09);
INSERT INTO "nemowatch_markers" VALUES('9ae90ba279c9522a','prompt:1','{"fingerprint": "d2cebe7323c6d5cc9288977bdb4fa070d64a7a03051b91c2af48cdf18e3a01de"}',1.79527369022627830501e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','prompt:1','{"fingerprint": "e8565abd17311e9f5e381aba3585abab47252063d813e26d6c16c11c773d3b72"}',1.79527369022988700863e+09);
INSERT INTO "nemowatch_markers" VALUES('3258264b109817a8','prompt:1','{"fingerprint": "e2e72ea7e0c48f0080be98380e9c2f679043ae112e7699ee60f9566e79799130"}',1795273690.23249);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','prompt:1','{"fingerprint": "49b9aaae58e7b358d8655acf1c1a8805dee2bfc26cd5092b1dc20d9ea590f54c"}',1.79527369023780250544e+09);
INSERT INTO "nemowatch_markers" VALUES('7a86bc97ea8fac0b','render:1','{"id": "render_5ee485bfa042404795622036995eb6a7"}',1.79527369031261157987e+09);
INSERT INTO "nemowatch_markers" VALUES('24fedf00e663db70','render:1','{"id": "render_3fe1d6ec81694c4fbc3a1a8643a25bbd"}',1.79527369031591534616e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369057258129117e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','prompt:1','{"fingerprint": "519587ef17d5e1d0304eecbb920bfccdcd0c0f274ddfe99b2590564c9e210192"}',1.79527369058511090276e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','upload','{"fingerprint": "78a99b0365d9e86f2a3107ad7b38bd77cca53a3de77881fc0fc4c57997c45731"}',1.79527369063235139844e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','prompt:1','{"fingerprint": "b814e694613beab7c666076b8bbc55bc8a8f4bbd7adc87a47ae9bd3c539724b1"}',1.79527369064573645595e+09);
INSERT INTO "nemowatch_markers" VALUES('32650b1654fb1872','render:1','{"id": "render_d627ad57f238439aa28d8fdad2d579a0"}',1.79527369065756630902e+09);
INSERT INTO "nemowatch_markers" VALUES('f0e89a0a397df095','render:1','{"id": "render_89cf6ff6e5fc48d3b8aae0cfaf144269"}',1.79527369071996450427e+09);
CREATE TABLE nemowatch_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "nemowatch_schema" VALUES(1);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',1,'prepare','{"seconds":0.010238295006274711,"result":{"size_bytes":23945}}',NULL,NULL,1795273689077,1795273689090,'portable_json','nemowatch',1795273689000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',2,'connect','{"seconds":0.022637326997937635,"result":{"session_id":"6923151597948391047","task_id":"task_14e0f57ac764b808","project_link":"https://nemovideo.com/workspace/claim?ct=clm_14e0f57ac764b808","credits_before":1000}}',NULL,NULL,1795273689093,1795273689117,'portable_json','nemowatch',1795273689000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',3,'upload','{"seconds":0.01678148600331042,"result":{"seconds":0.009589051995135378}}',NULL,NULL,1795273689119,1795273689137,'portable_json','nemowatch',1795273689000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',4,'edit-1','{"failure":{"message":"The prompt \"tell me a joke\" changed nothing. The service said: I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips and highlights, trim and cut by times, change the speed, and add captions, a title or music.","hint":"Nothing was exported. Say more exactly what to do."}}',NULL,NULL,1795273689138,1795273689869,'portable_json','nemowatch',1795273689000);
INSERT INTO "operation_outputs" VALUES('1921d6bb09646952',5,'deliver-failed','{"seconds":0.015819904998352285,"result":{"folder":"@root@/jokes-output/jokes/joke","files":[]}}',NULL,NULL,1795273689873,1795273689890,'portable_json','nemowatch',1795273689000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',1,'prepare','{"seconds":0.00470043599489145,"result":{"size_bytes":23950}}',NULL,NULL,1795273690111,1795273690118,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',1,'prepare','{"seconds":0.0120684479988995,"result":{"size_bytes":23948}}',NULL,NULL,1795273690107,1795273690122,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',1,'prepare','{"seconds":0.01421367399598239,"result":{"size_bytes":23947}}',NULL,NULL,1795273690105,1795273690123,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',1,'prepare','{"seconds":0.010076102000311948,"result":{"size_bytes":23949}}',NULL,NULL,1795273690109,1795273690123,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',1,'prepare','{"seconds":0.010068848998344038,"result":{"size_bytes":23947}}',NULL,NULL,1795273690109,1795273690124,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('acce0afa8a32eb8a',2,'connect','{"seconds":0.021766614998341538,"result":{"session_id":"7231135621502103718","task_id":"task_a12ddf9022cdbabb","project_link":"https://nemovideo.com/workspace/claim?ct=clm_a12ddf9022cdbabb","credits_before":1000}}',NULL,NULL,1795273690125,1795273690148,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',2,'connect','{"seconds":0.018634744999872055,"result":{"session_id":"2525884023189223990","task_id":"task_bfccef1ea1cab351","project_link":"https://nemovideo.com/workspace/claim?ct=clm_bfccef1ea1cab351","credits_before":1000}}',NULL,NULL,1795273690122,1795273690146,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',2,'connect','{"seconds":0.030753753999306355,"result":{"session_id":"6186421377052939198","task_id":"task_83d6e8144fd13ab2","project_link":"https://nemovideo.com/workspace/claim?ct=clm_83d6e8144fd13ab2","credits_before":1000}}',NULL,NULL,1795273690125,1795273690159,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',2,'connect','{"seconds":0.03729672999907052,"result":{"session_id":"2689569277218187273","task_id":"task_6ec00b867e4015ce","project_link":"https://nemovideo.com/workspace/claim?ct=clm_6ec00b867e4015ce","credits_before":1000}}',NULL,NULL,1795273690125,1795273690165,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',2,'connect','{"seconds":0.037273991998517886,"result":{"session_id":"7419919791124691704","task_id":"task_32bc525585565e65","project_link":"https://nemovideo.com/workspace/claim?ct=clm_32bc525585565e65","credits_before":1000}}',NULL,NULL,1795273690125,1795273690165,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('9ae90ba279c9522a',3,'upload','{"seconds":0.041767258997424506,"result":{"seconds":0.02135928200004855}}',NULL,NULL,1795273690152,1795273690199,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',3,'upload','{"seconds":0.04304086299816845,"result":{"seconds":0.020192839998344425}}',NULL,NULL,1795273690166,1795273690212,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('3258264b109817a8',3,'upload','{"seconds":0.05365087300015148,"result":{"seconds":0.014276152003731113}}',NULL,NULL,1795273690160,1795273690220,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',3,'upload','{"seconds":0.04417413999908604,"result":{"seconds":0.019324745997437276}}',NULL,NULL,1795273690171,1795273690221,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('7a86bc97ea8fac0b',4,'edit-1','{"seconds":0.08048670199787011,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: friday (0-2s)","seconds":0.07692532100190874}}',NULL,NULL,1795273690213,1795273690301,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',4,'edit-1','{"seconds":0.07960176099732053,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: monday (0-2s)","seconds":0.07656489699729718}}',NULL,NULL,1795273690223,1795273690307,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',5,'export-1','{"seconds":0.13263892300165026,"result":{"render_id":"render_3fe1d6ec81694c4fbc3a1a8643a25bbd","url":"@service@/cdn/VQSz5-JDkgkld4jU/render_3fe1d6ec81694c4fbc3a1a8643a25bbd.mp4","seconds":0.13121425099961925}}',NULL,NULL,1795273690309,1795273690443,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',6,'download-1','{"seconds":0.01684935299999779,"result":{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273690445,1795273690464,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',7,'collect','{"seconds":0.0042946880057570525,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273690466,1795273690472,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('24fedf00e663db70',8,'deliver-done','{"seconds":0.006736447998264339,"result":{"folder":"@root@/talks-output/shorts/monday","files":[{"name":"monday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}]}}',NULL,NULL,1795273690473,1795273690481,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',1,'prepare','{"seconds":0.0022807159984949976,"result":{"size_bytes":23947}}',NULL,NULL,1795273690556,1795273690560,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',2,'connect','{"seconds":0.006362303996866103,"result":{"session_id":"5641590054711434014","task_id":"task_789251d3decd7cca","project_link":"https://nemovideo.com/workspace/claim?ct=clm_789251d3decd7cca","credits_before":985}}',NULL,NULL,1795273690561,1795273690568,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',3,'upload','{"seconds":0.010857774002943188,"result":{"seconds":0.006090249997214414}}',NULL,NULL,1795273690569,1795273690581,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',1,'prepare','{"seconds":0.003177049002260901,"result":{"size_bytes":23949}}',NULL,NULL,1795273690616,1795273690620,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',2,'connect','{"seconds":0.0057572820005589165,"result":{"session_id":"7277783972677809068","task_id":"task_1108d0db109e3d9a","project_link":"https://nemovideo.com/workspace/claim?ct=clm_1108d0db109e3d9a","credits_before":980}}',NULL,NULL,1795273690621,1795273690627,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',3,'upload','{"seconds":0.010770585002319422,"result":{"seconds":0.005989778001094237}}',NULL,NULL,1795273690629,1795273690640,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',4,'edit-1','{"seconds":0.06488097099645529,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: sunday (0-2s)","seconds":0.06442917400272563}}',NULL,NULL,1795273690582,1795273690647,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',4,'edit-1','{"seconds":0.06808159600041108,"result":{"prompt":"keep only the first 2 seconds","action":"prompt","texts":["Cut the video from 3.0 s to 2.0 s. The timeline is 2.0 s long now."],"timeline":"Timeline (1 track): 1. Video: saturday (0-2s)","seconds":0.06753723000292666}}',NULL,NULL,1795273690641,1795273690710,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',5,'export-1','{"seconds":0.06303870500414632,"result":{"render_id":"render_d627ad57f238439aa28d8fdad2d579a0","url":"@service@/cdn/dIp6okJnDYYAildZ/render_d627ad57f238439aa28d8fdad2d579a0.mp4","seconds":0.061862791000748985}}',NULL,NULL,1795273690651,1795273690716,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',6,'download-1','{"seconds":0.029937525003333576,"result":{"name":"sunday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273690717,1795273690748,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('32650b1654fb1872',7,'collect','{"seconds":0.007724644005065784,"result":{"files":[],"remarks":[]}}',NULL,NULL,1795273690754,1795273690763,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',5,'export-1','{"seconds":0.12767945600353414,"result":{"render_id":"render_89cf6ff6e5fc48d3b8aae0cfaf144269","url":"@service@/cdn/-Sw57zFPzPD8VHvZ/render_89cf6ff6e5fc48d3b8aae0cfaf144269.mp4","seconds":0.12600794599711662}}',NULL,NULL,1795273690712,1795273690842,'portable_json','nemowatch',1795273690000);
INSERT INTO "operation_outputs" VALUES('f0e89a0a397df095',6,'download-1','{"seconds":0.01615715800289763,"result":{"name":"saturday.mp4","kind":"video","size_bytes":35540,"duration_seconds":2.0,"width":64,"height":48}}',NULL,NULL,1795273690845,1795273690863,'portable_json','nemowatch',1795273690000);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('3D78CC928527230699FF6C82994B5449','recordings',NULL,8,NULL,NULL,1,0,0.05,1795273687000,1795273687038,'nemowatch',NULL,NULL,NULL,NULL);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('1921d6bb09646952','{"namedArgs":{},"positionalArgs":["1921d6bb09646952"]}',1795273689000);
INSERT INTO "workflow_input" VALUES('7a86bc97ea8fac0b','{"namedArgs":{},"positionalArgs":["7a86bc97ea8fac0b"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('24fedf00e663db70','{"namedArgs":{},"positionalArgs":["24fedf00e663db70"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('acce0afa8a32eb8a','{"namedArgs":{},"positionalArgs":["acce0afa8a32eb8a"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('3258264b109817a8','{"namedArgs":{},"positionalArgs":["3258264b109817a8"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('9ae90ba279c9522a','{"namedArgs":{},"positionalArgs":["9ae90ba279c9522a"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('32650b1654fb1872','{"namedArgs":{},"positionalArgs":["32650b1654fb1872"]}',1795273690000);
INSERT INTO "workflow_input" VALUES('f0e89a0a397df095','{"namedArgs":{},"positionalArgs":["f0e89a0a397df095"]}',1795273690000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('1921d6bb09646952','"failed"',NULL,1795273689000);
INSERT INTO "workflow_output" VALUES('24fedf00e663db70','"done"',NULL,1795273690000);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('1921d6bb09646952','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273689000,1795273689000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273689000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273689000,'null',NULL,NULL,0,'nemowatch','aa072e73-6b6a-4f80-aa64-ba96f52db324');
INSERT INTO "workflow_status" VALUES('7a86bc97ea8fac0b','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'81a9c44a-0170-46c7-bb2e-c9e80dbf8248',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','5f7a90c0-db0e-4aa0-9bef-d5ef1dbcc14d');
INSERT INTO "workflow_status" VALUES('24fedf00e663db70','SUCCESS','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,NULL,NULL,'portable_json',NULL,0,0,1795273690000,'null',NULL,NULL,0,'nemowatch','eba55d69-a248-4b93-828f-be79d83fef44');
INSERT INTO "workflow_status" VALUES('acce0afa8a32eb8a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'81a9c44a-0170-46c7-bb2e-c9e80dbf8248',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','dd56f3e8-a53b-42ce-8957-569e79e9334d');
INSERT INTO "workflow_status" VALUES('3258264b109817a8','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'81a9c44a-0170-46c7-bb2e-c9e80dbf8248',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','f72ecb27-f11f-4a9b-809d-772f1531ac0e');
INSERT INTO "workflow_status" VALUES('9ae90ba279c9522a','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'81a9c44a-0170-46c7-bb2e-c9e80dbf8248',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','49cf83c4-eac1-40ef-8dbd-936d0bae9770');
INSERT INTO "workflow_status" VALUES('32650b1654fb1872','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'33943b27-64de-440f-b5fb-bf88937439c8',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','7944addf-c5d0-407a-9f33-ca4c0fd5ca5b');
INSERT INTO "workflow_status" VALUES('f0e89a0a397df095','PENDING','process_recording',NULL,NULL,NULL,NULL,NULL,NULL,'nemowatch',1795273690000,1795273690000,'1','',NULL,NULL,1,'recordings',NULL,NULL,NULL,1795273690000,NULL,5,NULL,NULL,'21d4f60d-8c51-4006-9a13-411590962073',NULL,'portable_json',NULL,0,0,NULL,'null',NULL,NULL,0,'nemowatch','d195e677-3c12-42db-81f9-3918966c26f7');
CREATE INDEX ix_nemowatch_jobs_source_path ON nemowatch_jobs (source_path);
CREATE INDEX ix_nemowatch_jobs_queued_at ON nemowatch_jobs (queued_at);
CREATE INDEX ix_nemowatch_jobs_state ON nemowatch_jobs (state);
CREATE INDEX ix_nemowatch_jobs_rule ON nemowatch_jobs (rule);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
