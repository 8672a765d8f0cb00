import { filePage, linkedFiles } from '../.vitepress/repository.mts';

/** A page for each source file that the guide links to. */
export default {
  paths: (): { params: { file: string }; content: string }[] =>
    linkedFiles().map((file) => ({ params: { file }, content: filePage(file) })),
};
