import 'katex/dist/katex.min.css';
import './guide.css';
export { default } from 'vitepress/theme';
